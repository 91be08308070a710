namespace Quorate.Replication;

/// <summary>
/// Runs of log entries that are on the way to one replica and not acknowledged yet. One is in flight and what comes
/// meanwhile gathers behind it; more only when a full run waits or the oldest is late, so that neither throughput nor a
/// long wire suffers. A window of bytes bounds them: a replica that is far behind must not be sent all it lacks in one turn,
/// in which every client would wait. Not safe for use by several threads.
/// </summary>
public sealed class Inflight
{
    private readonly Queue<(LogIndex Last, long SentAt, long Bytes)> _runs = new();

    /// <summary>Runs on the way.</summary>
    public int Count => _runs.Count;

    /// <summary>Bytes of entries on the way.</summary>
    public long Bytes { get; private set; }

    /// <summary>A run was sent.</summary>
    /// <param name="last">its last entry</param>
    /// <param name="bytes">what its entries take</param>
    /// <param name="now">the time of this step</param>
    public void Add(LogIndex last, long bytes, StepTime now)
    {
        _runs.Enqueue((last, now.Nanoseconds, bytes));
        Bytes += bytes;
    }

    /// <summary>All up to <paramref name="index"/> has arrived for good.</summary>
    public void RemoveThrough(LogIndex index)
    {
        while (_runs.TryPeek(out var oldest) && oldest.Last <= index) Bytes -= _runs.Dequeue().Bytes;
    }

    /// <summary>What is on the way does not count any more.</summary>
    public void Clear()
    {
        _runs.Clear();
        Bytes = 0;
    }

    /// <summary>True when one more run may go out now.</summary>
    /// <param name="waitingBytes">bytes of the entries that wait to be sent</param>
    /// <param name="bounds">how much may be on the way</param>
    /// <param name="now">the time of this step</param>
    public bool HasRoom(long waitingBytes, in InflightBounds bounds, StepTime now)
    {
        if (_runs.Count == 0) return true;
        if (_runs.Count >= bounds.Runs || Bytes >= bounds.Bytes) return false;
        return waitingBytes >= bounds.RunBytes
            || now.Nanoseconds - _runs.Peek().SentAt >= IReplica.TickLength * StepTime.NanosecondsPerMillisecond;
    }
}

/// <summary>How much may be on the way to one replica.</summary>
/// <param name="Runs">runs, at most</param>
/// <param name="Bytes">once so many bytes of entries are on the way, no more is sent</param>
/// <param name="RunBytes">a run of so many bytes is full</param>
public readonly record struct InflightBounds(int Runs, long Bytes, int RunBytes);
