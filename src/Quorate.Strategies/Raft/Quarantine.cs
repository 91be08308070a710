using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// A replica whose state machine was found to differ from those of the majority. Its log is sound: records and messages
/// carry checksums, and what agrees by term agrees in content. So it goes on to keep the log, to vote and to acknowledge,
/// but applies nothing, makes no snapshot, answers no read, and leads only when nobody else does, to hand its log on. It
/// asks the leader for a snapshot of its own <see cref="RaftReplica.LastApplied"/> or later, puts that in place of the
/// state and applies from there on. A record in the journal keeps the quarantine over a restart, because what such a
/// replica restores by itself is the state that was found wrong.
/// <para>A machine that goes wrong again and again is not filled for ever: each time it waits longer, and after
/// <see cref="MostReseeds"/> within <see cref="MemoryNanoseconds"/> it asks no more until the node is restarted.</para>
/// </summary>
internal sealed class Quarantine(RaftOptions options, LeaderContact contact, Step step)
{
    public const int MostReseeds = 5;

    public const long MemoryNanoseconds = 3600 * 1000 * StepTime.NanosecondsPerMillisecond;

    private const long FirstWait = 1000 * StepTime.NanosecondsPerMillisecond;

    /// <summary>When the quarantines of this life began, the old ones forgotten.</summary>
    private readonly Queue<long> _begun = new();

    private long _askAt = long.MinValue;

    public bool IsPresent { get; private set; }

    /// <summary>It went wrong too often: nothing is asked for any more.</summary>
    public bool HasGivenUp => IsPresent && _begun.Count > MostReseeds;

    /// <summary>How often the state was replaced in this life.</summary>
    public long Reseeds { get; private set; }

    /// <summary>The leader is to be asked for a snapshot.</summary>
    public bool IsAsking => IsPresent && !HasGivenUp && step.Now.Nanoseconds >= _askAt;

    /// <summary>May stand for election: nobody else has led for long, and the log here may be the one that is needed.</summary>
    public bool MayCampaign => !IsPresent || !contact.IsWithin(10 * options.ElectionTimeoutNanoseconds);

    /// <summary>Not on a leader, which hands over before.</summary>
    /// <returns>False: it had begun already.</returns>
    public bool TryBegin()
    {
        if (IsPresent) return false;
        IsPresent = true;
        var now = step.Now.Nanoseconds;
        while (_begun.TryPeek(out var oldest) && now - oldest > MemoryNanoseconds) _begun.Dequeue();
        _askAt = _begun.Count == 0 ? now : now + (FirstWait << _begun.Count);
        _begun.Enqueue(now);
        return true;
    }

    /// <summary>The journal says that it had begun, and nothing of an end.</summary>
    public void OnRecovered() => IsPresent = true;

    /// <summary>The state was replaced by a snapshot from another replica.</summary>
    public void End()
    {
        if (!IsPresent) return;
        IsPresent = false;
        Reseeds++;
    }

    /// <summary>The journal says that a snapshot took the state's place: it marks none of its own meanwhile.</summary>
    public void OnRecoveredSnapshot() => IsPresent = false;
}
