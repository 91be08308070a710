using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>What this replica knows of another member, and what is on the way to it.</summary>
internal sealed class Peer(NodeId node)
{
    public NodeId Node { get; } = node;

    /// <summary>The newest life of it heard of; 0: none yet.</summary>
    public long Incarnation { get; private set; }

    /// <summary>What it has told, in that life, to have seen durably.</summary>
    public DotContext Acked { get; private set; } = new();

    /// <summary>What it has told to have seen, as far as everything that it had made itself until then is here too: nothing of it
    /// that does not follow these updates can still come.</summary>
    public DotContext Confirmed { get; private set; } = new();

    private DotContext? _toConfirm;

    /// <summary>Has told anything in that life.</summary>
    public bool HasTold { get; set; }

    public long LastHeardAt { get; set; } = long.MinValue / 2;

    /// <summary>It has told lately.</summary>
    public bool IsReachable { get; set; }

    public bool NeedsState { get; set; }

    /// <summary>It has no deltas any more of what this replica lacks.</summary>
    public bool SaysBehind { get; set; }

    /// <summary>It refuses this replica's stamps.</summary>
    public bool RefusesStamps { get; set; }

    /// <summary>Its clock less this one's when it last told, in milliseconds, less the way.</summary>
    public long ClockOffsetMilliseconds { get; set; }

    /// <summary>The next position of the log to look at for it.</summary>
    public long Cursor { get; set; }

    /// <summary>Everything before this position it has confirmed.</summary>
    public long AckedBelow { get; set; }

    /// <summary>Deltas before this position go to it whichever member made them.</summary>
    public long RelayEnd { get; set; }

    public long RelayAt { get; set; }

    public long SentRound { get; set; }

    public long EchoedRound { get; set; }

    public long ResendAt { get; set; } = long.MaxValue;

    public int Backoff { get; set; } = 1;

    /// <summary>The last round of its deltas that was handled here.</summary>
    public long ReceivedRound { get; set; }

    /// <summary>It is owed an answer as soon as the log is durable up to <see cref="OwesAfter"/>.</summary>
    public bool OwesTold { get; set; }

    public long OwesAfter { get; set; }

    public long LacksBaseSince { get; set; } = long.MaxValue;

    /// <summary>Lacks what the log here has no more.</summary>
    public bool IsBehind { get; set; }

    /// <summary>Its whole state has been merged in this life of this replica.</summary>
    public bool IsMerged { get; set; }

    /// <summary>The round of changes on the way to it.</summary>
    public ChangesRound? Changes { get; set; }

    /// <summary>The round of changes that comes from it.</summary>
    public (long Round, long NextPiece) ChangesFrom { get; set; }

    public long BytesSent { get; set; }

    /// <summary>False: it speaks from an earlier life, and must not be listened to.</summary>
    public bool TryMeet(long incarnation)
    {
        if (incarnation < Incarnation) return false;
        if (incarnation == Incarnation) return true;
        Incarnation = incarnation;
        Acked = new DotContext();
        Confirmed = new DotContext();
        _toConfirm = null;
        HasTold = false;
        NeedsState = false;
        SaysBehind = false;
        AckedBelow = 0;
        Cursor = 0;
        EchoedRound = SentRound;
        RelayEnd = 0;
        LacksBaseSince = long.MaxValue;
        IsBehind = false;
        Changes = null;
        ChangesFrom = default;
        ReceivedRound = 0;
        return true;
    }

    /// <summary>It told to have seen this. Counts towards <see cref="Confirmed"/> as soon as its own updates among it are
    /// here.</summary>
    public void NoteTold(DotContext told, DotContext seenHere, MultiLeaderRules rules)
    {
        TryConfirm(seenHere, rules);
        // One that waits is waited for: under load each newer one would have to wait anew.
        _toConfirm ??= told;
        TryConfirm(seenHere, rules);
    }

    public void TryConfirm(DotContext seenHere, MultiLeaderRules rules)
    {
        if (_toConfirm is not { } told) return;
        var hasAll = true;
        for (var i = 0; i < told.Count; i++) hasAll &= told[i].Node != Node || seenHere.Covers(told[i]);
        if (!rules.MayConfirm(hasAll)) return;
        Confirmed.Join(told);
        _toConfirm = null;
    }

    /// <summary>Moves <see cref="AckedBelow"/> over what it has confirmed.</summary>
    public void Advance(DeltaLog log)
    {
        if (AckedBelow < log.First) AckedBelow = log.First;
        if (Cursor < log.First) Cursor = log.First;
        while (AckedBelow < log.End && Acked.Contains(log[AckedBelow].Last)) AckedBelow++;
    }
}
