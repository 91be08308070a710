using Quorate.Cluster.Hosting;
using Quorate.Cluster.Peers;
using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>Which of a node's groups are ticked: all but the quiet.</summary>
/// <param name="node">Whose groups.</param>
/// <param name="groups">All of them.</param>
internal sealed class GroupClocks(NodeTurns node, SortedList<int, HostedGroup> groups)
{
    /// <summary>In ticks: a quiet group is looked at so seldom if nothing stirs it.</summary>
    private const int LongestRest = 60_000;

    private readonly List<HostedGroup> _ticking = [];
    private int _ticks;

    /// <summary>Those that are not quiet, in no order.</summary>
    public IReadOnlyList<HostedGroup> Ticking => _ticking;

    public int QuietCount => groups.Count - _ticking.Count;

    public void OnTick(StepTime now)
    {
        // Whatever should have stirred a group and did not.
        for (var i = ++_ticks % LongestRest; i < groups.Count; i += LongestRest)
            if (!groups.GetValueAtIndex(i).IsTicking) Stir(groups.GetValueAtIndex(i));

        for (var i = _ticking.Count - 1; i >= 0; i--)
        {
            if (i >= _ticking.Count) continue; // a step may end other groups
            var group = _ticking[i];
            group.Hosted.OnTick(now);
            node.NeedsTurnEnd(group);
            if (!group.Hosted.IsQuiet) continue;
            Stop(group);
            node.Holdings.OnQuiet(group.Id);
        }
    }

    public void Begin(HostedGroup group)
    {
        if (group.IsTicking || group.IsGone) return;
        group.IsTicking = true;
        _ticking.Add(group);
    }

    public void Stop(HostedGroup group)
    {
        if (!group.IsTicking) return;
        group.IsTicking = false;
        _ticking.Remove(group);
    }

    /// <summary>The node is silent: quiet groups that it leads, or that are led from here, see for themselves.</summary>
    public void StirAll(NodeId silent)
    {
        foreach (var group in groups.Values)
            if (!group.IsTicking && (group.Replica.IsLeader || group.Replica.Leader == silent)) Stir(group);
    }

    /// <summary>Groups that a node leads to which the connection broke make ready for its death.</summary>
    public void OnPeer(NodeId peer, PeerNews news, StepTime now)
    {
        if (news != PeerNews.Lost) node.Peers.OnCircuit(peer, news == PeerNews.CircuitOpened);
        if (news != PeerNews.Lost || node.Refusal is not null) return;
        foreach (var group in groups.Values)
        {
            if (group.Replica is not IQuiescentReplica replica || replica.Leader != peer) continue;
            replica.Suspect(peer, now, group.Effects);
            node.NeedsTurnEnd(group);
        }
    }

    private void Stir(HostedGroup group)
    {
        if (group.Replica is IQuiescentReplica replica) replica.Stir(node.Now, group.Effects);
        node.NeedsTurnEnd(group);
    }
}
