using System.Diagnostics.CodeAnalysis;

namespace Quorate.Data.Values;

/// <summary>Makes a value of the pieces of one, which may be anybody's bytes.</summary>
public abstract class ValueBuilder
{
    /// <summary>Takes the next piece, in order. False: no reader of a value of this form could have written it.</summary>
    public abstract bool TryAppend(ReadOnlySpan<byte> piece);

    /// <summary>After the last piece. False: something is missing.</summary>
    public abstract bool TryFinish([NotNullWhen(true)] out Value? value);
}
