using System.Buffers.Binary;

namespace Quorate.Data;

/// <summary>
/// A part of a keyspace's state: the keys, of all databases, whose hash ends in <see cref="Number"/>, of 2^<see cref="Level"/>
/// such parts. One more, with the number 2^<see cref="Level"/>, is all that is no key: the clock and the sessions.
/// </summary>
/// <param name="Level">0 to <see cref="HighestLevel"/>.</param>
/// <param name="Number">0 to 2^Level.</param>
public readonly record struct StateRange(int Level, uint Number)
{
    public const int HighestLevel = 24;

    /// <summary>Length of <see cref="Write"/>'s form, in bytes.</summary>
    public const int EncodedLength = 5;

    /// <summary>The last of its level: the clock and the sessions.</summary>
    public bool IsRest => Number == 1u << Level;

    /// <summary>The range after this one; after the last, the first.</summary>
    public StateRange Next => IsRest ? new StateRange(Level, 0) : this with { Number = Number + 1 };

    public void Write(Span<byte> to)
    {
        to[0] = (byte)Level;
        BinaryPrimitives.WriteUInt32LittleEndian(to[1..], Number);
    }

    /// <summary>False: the bytes are no range.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out StateRange range)
    {
        range = default;
        if (bytes.Length != EncodedLength || bytes[0] > HighestLevel) return false;
        var number = BinaryPrimitives.ReadUInt32LittleEndian(bytes[1..]);
        if (number > 1u << bytes[0]) return false;
        range = new StateRange(bytes[0], number);
        return true;
    }

    /// <summary>The lowest level at which a range holds about so many keys and bytes, at most.</summary>
    public static int LevelFor(long keys, long bytes, int keysPerRange, int bytesPerRange)
    {
        var level = 0;
        while (level < HighestLevel && (keys >> level > keysPerRange || bytes >> level > bytesPerRange)) level++;
        return level;
    }

    public override string ToString() => IsRest ? "rest" : $"{Number}/{1u << Level}";
}
