namespace Quorate.Replication;

/// <summary>Where a log has its memory from. Called under the node's lock.</summary>
public interface IBlockSupply
{
    /// <param name="length">Bytes, 1 and up; their contents are undefined.</param>
    NativeBlock Take(int length);

    /// <summary>Nobody reads the block any more.</summary>
    void Return(NativeBlock block);
}

/// <summary>From the operating system and back to it.</summary>
public sealed class PlainBlocks : IBlockSupply
{
    /// <summary>One for all: it has no state.</summary>
    public static PlainBlocks Instance { get; } = new();

    public NativeBlock Take(int length) => new(length);

    public void Return(NativeBlock block) => ((IDisposable)block).Dispose();
}
