using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// A delta with what replicas must know of it without looking into it; the same bytes in the log, in the journal and on the
/// wire. [origin][after][number of updates][length, dependencies][length, delta]
/// </summary>
internal readonly ref struct Frame
{
    /// <summary>The updates of its origin that the delta is made of.</summary>
    public DotRun Run { get; private init; }

    /// <summary>A context: what its maker had learnt from others since its delta before this one.</summary>
    public ReadOnlySpan<byte> Dependencies { get; private init; }

    public ReadOnlySpan<byte> Delta { get; private init; }

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    public static void Write(IBufferWriter<byte> output, in DotRun run, ReadOnlySpan<byte> dependencies, ReadOnlySpan<byte> delta)
    {
        Packing.WriteNumber(output, (ulong)run.Node.Value);
        Packing.WriteNatural(output, run.After);
        Packing.WriteNatural(output, run.UpTo - run.After);
        Packing.WriteBytes(output, dependencies);
        Packing.WriteBytes(output, delta);
    }

    /// <summary>Reads the first frame and moves on. False: there is none, or it is cut.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out Frame frame)
    {
        frame = default;
        var reader = new PackedReader(bytes);
        if (!DotContext.TryDecodeRun(ref reader, out var run)) return false;
        if (!reader.TryBytes(out var dependencies) || !reader.TryBytes(out var delta) || delta.IsEmpty) return false;
        var length = bytes.Length - reader.Remaining;
        frame = new Frame { Run = run, Dependencies = dependencies, Delta = delta, Bytes = bytes[..length] };
        bytes = bytes[length..];
        return true;
    }

    public static bool AreWellFormed(ReadOnlySpan<byte> bytes)
    {
        var dependencies = new DotContext();
        while (!bytes.IsEmpty)
        {
            if (!TryRead(ref bytes, out var frame) || !frame.TryReadDependencies(dependencies)) return false;
        }

        return true;
    }

    public bool TryReadDependencies(DotContext into)
    {
        into.Clear();
        if (Dependencies.IsEmpty) return true;
        var reader = new PackedReader(Dependencies);
        return DotContext.TryDecode(ref reader, into) && reader.IsAtEnd;
    }
}
