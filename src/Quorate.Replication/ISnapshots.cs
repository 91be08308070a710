namespace Quorate.Replication;

/// <summary>What a snapshot stands for.</summary>
/// <param name="Index">it is the state after this entry; strategies that do not order count their snapshots here</param>
/// <param name="Stamp">the term or epoch of that entry; 0 for strategies that do not order</param>
/// <param name="Extra">the strategy's own words about it (for raft the configuration)</param>
public sealed record SnapshotHeader(LogIndex Index, long Stamp, ReadOnlyMemory<byte> Extra);

/// <summary>One group's snapshots on one node. The shell keeps them in files, the simulator in a simulated disk.</summary>
public interface ISnapshots
{
    /// <summary>Begins a new one; only one is written at a time, beginning another drops the unfinished one.</summary>
    ISnapshotWriter Create(SnapshotHeader header);

    /// <summary>The newest sealed one, or null. Stays readable while newer ones are sealed, until disposed.</summary>
    ISnapshotReader? OpenNewest();
}

public interface ISnapshotWriter : IDisposable
{
    /// <summary>False while earlier pieces still wait to be written: do not produce more now.</summary>
    bool IsReady { get; }

    void Append(ReadOnlySpan<byte> piece);

    /// <summary>No more pieces. The replica hears by <see cref="IReplica.OnSnapshotSealed"/> when it is durable.</summary>
    void Seal();
}

public interface ISnapshotReader : IDisposable
{
    SnapshotHeader Header { get; }

    int PieceCount { get; }

    /// <summary>Reads a piece, 0-based. False: it cannot be read or its checksum is wrong.</summary>
    bool TryRead(int piece, out ReadOnlyMemory<byte> bytes);
}
