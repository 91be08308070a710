using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Clients that wait: for the journal of this node, or for other members of the region too.</summary>
internal sealed class Acknowledgements(MultiLeaderReplica replica)
{
    private readonly List<(RequestId Request, long Dot)> _turn = [];
    private readonly Queue<(RequestId Request, long Dot, long Deadline)> _waiting = new();
    private readonly List<Peer> _region = [];
    private bool _isRegionKnown;

    public int Count => _waiting.Count;

    /// <summary>Why a write cannot be taken now; null when it can.</summary>
    public string? Refusal =>
        !_isRegionKnown && replica.Options.Ack != Ack.Async ? "it is not known yet which members are of this region"
        : _waiting.Count >= replica.Options.MaxWaitingWrites ? "too many writes wait for members of the region"
        : Reachable < Asked ? $"{Asked} other members of the region are asked for, and {Reachable} answer"
        : null;

    /// <summary>Members change, and now and then what is known of where they are.</summary>
    public void FindRegion()
    {
        _region.Clear();
        if (replica.Configuration is null) return;
        var region = replica.Options.RegionOf(replica.Self);
        _isRegionKnown = region is not null;
        foreach (var peer in replica.Peers)
            if (replica.Options.RegionOf(peer.Node) is not { } its) _isRegionKnown = false;
            else if (its == region && replica.Configuration!.InSync.Contains(peer.Node)) _region.Add(peer);
    }

    /// <summary>A write of which the last update is numbered <paramref name="dot"/>; 0: a read, or a command that changed
    /// nothing, which waits for the journal only.</summary>
    public void Add(RequestId request, long dot) => _turn.Add((request, dot));

    /// <summary>What was executed in this turn is in the journal up to <paramref name="saved"/>.</summary>
    public void OnFlushed(PersistPoint saved)
    {
        if (_turn.Count == 0) return;
        var needed = Asked;
        var deadline = replica.Now.Nanoseconds + (replica.Options.AckTimeoutTicks * MultiLeaderOptions.TickNanoseconds);
        foreach (var (request, dot) in _turn)
        {
            if (dot == 0 || needed == 0) replica.Out.Reply(request, Outcome.Done, replica.Rules.AnswerLeavesAfter(saved));
            else _waiting.Enqueue((request, dot, deadline));
        }

        _turn.Clear();
    }

    /// <summary>A member confirmed something, or the time is over.</summary>
    public void TryAnswer()
    {
        var needed = Asked;
        while (_waiting.TryPeek(out var oldest))
        {
            var dot = new Dot(replica.Self, oldest.Dot);
            var have = 0;
            foreach (var peer in _region) if (peer.Acked.Contains(dot)) have++;
            if (have >= needed)
                replica.Out.Reply(oldest.Request, Outcome.Done, replica.Rules.AnswerLeavesAfter(replica.Journal.LastPoint));
            else if (replica.Now.Nanoseconds >= oldest.Deadline)
                replica.Out.Reply(oldest.Request, Outcome.Unknown("the region's members did not confirm in time"));
            else break;
            _waiting.Dequeue();
        }
    }

    /// <summary>This replica is no member any more.</summary>
    public void FailAll()
    {
        while (_waiting.TryDequeue(out var oldest))
            replica.Out.Reply(oldest.Request, Outcome.Unknown("this replica left the group"));
    }

    private int Asked => replica.Options.Ack switch
    {
        Ack.Async => 0,
        Ack.SemiSync => Math.Min(replica.Options.AckBackups, _region.Count),
        Ack.Majority => (_region.Count + 1) / 2,
        _ => _region.Count,
    };

    private int Reachable
    {
        get
        {
            var count = 0;
            foreach (var peer in _region) if (peer.IsReachable && !peer.NeedsState) count++;
            return count;
        }
    }
}
