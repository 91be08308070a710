using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>The other members, what they have told, and what they are told: each member tells all others what it has
/// seen.</summary>
internal sealed class Gossip(MultiLeaderReplica replica)
{
    private const int MostStrangers = 16;
    private readonly List<Peer> _strangers = [];
    private DotContext? _target;

    /// <summary>Nodes that spoke here lately and are no members.</summary>
    public IReadOnlyList<Peer> Strangers => _strangers;

    /// <summary>Makes the list of peers that of the configuration; what is known of members that stay stays known.</summary>
    public void SetPeers(List<Peer> peers)
    {
        var known = peers.ToDictionary(p => p.Node);
        _strangers.Clear();
        if (!replica.Configuration!.Learners.Contains(replica.Self)) _target = null;
        peers.Clear();
        foreach (var node in replica.Configuration!.Members.Distinct().Where(n => n != replica.Self).Order())
        {
            peers.Add(known.GetValueOrDefault(node)
                ?? new Peer(node) { Cursor = replica.Log.First, AckedBelow = replica.Log.First });
        }
    }

    public Peer? Find(NodeId node)
    {
        foreach (var peer in replica.Peers) if (peer.Node == node) return peer;
        return null;
    }

    /// <summary>The next by id that answers.</summary>
    public NodeId Successor()
    {
        var first = NodeId.None;
        foreach (var peer in replica.Peers)
        {
            if (!peer.IsReachable) continue;
            if (peer.Node.CompareTo(replica.Self) > 0) return peer.Node;
            if (first.IsNone) first = peer.Node;
        }

        return first;
    }

    public NodeId Hub()
    {
        var wanted = replica.Options.Hub;
        if (wanted == replica.Self || Find(wanted) is { IsReachable: true }) return wanted;
        foreach (var peer in replica.Peers)
            if (peer.IsReachable) return peer.Node.CompareTo(replica.Self) < 0 ? peer.Node : replica.Self;
        return replica.Self;
    }

    /// <summary>A member that serves, of the own region if there is one.</summary>
    public NodeId Another()
    {
        var found = NodeId.None;
        var region = replica.Options.RegionOf(replica.Self);
        foreach (var peer in replica.Peers)
        {
            if (!peer.IsReachable || peer.NeedsState || !replica.Configuration!.InSync.Contains(peer.Node)) continue;
            if (replica.Options.RegionOf(peer.Node) == region) return peer.Node;
            if (found.IsNone) found = peer.Node;
        }

        if (!found.IsNone) return found;
        foreach (var peer in replica.Peers)
            if (!peer.HasTold && replica.Configuration!.InSync.Contains(peer.Node)) return peer.Node;
        return found;
    }

    /// <summary>What a member that serves had, when this learner first heard of it, is here.</summary>
    public bool HasCaughtUp => _target is not null && replica.Machine.Seen.Covers(_target);

    public void OnMessage(NodeId from, MultiLeaderMessage message)
    {
        var peer = Find(from) ?? Stranger(from);
        var knownLife = peer.Incarnation;
        if (!peer.TryMeet(message.Incarnation)) return;
        if (peer.Incarnation != knownLife) replica.Arrivals.ForgetEarlier(from, peer.Incarnation);
        peer.LastHeardAt = replica.Now.Nanoseconds;
        if (!peer.IsReachable)
        {
            // Messages sent while it could not be reached are lost.
            peer.IsReachable = true;
            peer.Backoff = 1;
            if (peer.ResendAt != long.MaxValue) peer.ResendAt = replica.Now.Nanoseconds;
        }

        switch (message)
        {
            case Deltas deltas:
                replica.Arrivals.Take(peer, deltas.Frames.Span);
                peer.ReceivedRound = Math.Max(peer.ReceivedRound, deltas.Round);
                peer.OwesTold = true;
                peer.OwesAfter = replica.Log.End;
                break;
            case Told told:
                OnTold(peer, told);
                break;
            case Pull pull:
                replica.Pulls.Answer(from, pull);
                break;
            case States states:
                replica.Pulls.OnStates(peer, states);
                break;
            case Changes changes:
                replica.ChangesReceiver.OnChanges(peer, changes);
                peer.OwesTold = true;
                peer.OwesAfter = replica.Log.End;
                break;
            case ChangesResponse response:
                replica.ChangesSender.OnResponse(peer, response);
                break;
            case Compare compare:
                replica.Comparison.OnCompare(peer, compare);
                break;
        }

        // A stranger is answered, so that it learns what it need not tell any more, and otherwise left alone.
        var isAnswer = message is Told { Flags: var flags } && flags.HasFlag(ToldFlags.IsAnswer);
        if (!isAnswer && (message is Deltas or Changes or Told) && _strangers.Contains(peer)) Tell(peer, ToldFlags.IsAnswer);
    }

    public void OnTick(long ticks)
    {
        var now = replica.Now.Nanoseconds;
        var options = replica.Options;
        foreach (var peer in replica.Peers)
        {
            peer.IsReachable = now - peer.LastHeardAt <= options.PeerTimeoutTicks * MultiLeaderOptions.TickNanoseconds;
            NoteBehind(peer, now);
        }

        foreach (var stranger in _strangers)
            stranger.IsReachable = now - stranger.LastHeardAt <= options.PeerTimeoutTicks * MultiLeaderOptions.TickNanoseconds;

        if (ticks % options.HeartbeatTicks == 0) TellAll();
    }

    public void TellAll()
    {
        foreach (var peer in replica.Peers) Tell(peer, ToldFlags.None);
    }

    /// <summary>Answers those whose deltas are durable here now.</summary>
    public void AnswerOwed()
    {
        var end = replica.Rules.MayShipUpTo(replica.Journal.DurableEnd, replica.Log.End);
        foreach (var peer in replica.Peers) if (peer.OwesTold && peer.OwesAfter <= end) Tell(peer, ToldFlags.IsAnswer);
    }

    private void OnTold(Peer peer, Told told)
    {
        var isFirst = !peer.HasTold;
        peer.HasTold = true;
        if (_target is null
            && replica.Configuration!.Learners.Contains(replica.Self) && replica.Configuration.InSync.Contains(peer.Node))
            _target = told.Seen;
        peer.NeedsState = told.Flags.HasFlag(ToldFlags.NeedsState);
        peer.SaysBehind = told.Flags.HasFlag(ToldFlags.YouAreBehind);
        peer.RefusesStamps = told.Flags.HasFlag(ToldFlags.YourClockIsAhead);
        peer.ClockOffsetMilliseconds = told.UnixMilliseconds - replica.Now.UnixMilliseconds;
        var isAnswer = told.Round > peer.EchoedRound && told.Round <= peer.SentRound;
        if (isAnswer) peer.EchoedRound = told.Round;
        var progress = isAnswer;
        if (!peer.Acked.Covers(told.Seen))
        {
            peer.Acked.Join(told.Seen);
            progress = true;
        }

        peer.NoteTold(told.Seen, replica.Machine.Seen, replica.Rules);

        if ((progress || isFirst) && !_strangers.Contains(peer)) replica.Shipper.OnProgress(peer, isAnswer);
        replica.Acknowledgements.TryAnswer();
        if (isFirst && !_strangers.Contains(peer) && !told.Flags.HasFlag(ToldFlags.IsAnswer)) Tell(peer, ToldFlags.IsAnswer);
    }

    /// <summary>Not of this configuration: one that was removed brings what it had not told yet; one that is about to be added
    /// may fetch the state. Nothing is sent to it of its own accord, and nothing waits for it.</summary>
    private Peer Stranger(NodeId node)
    {
        foreach (var stranger in _strangers) if (stranger.Node == node) return stranger;
        if (_strangers.Count == MostStrangers) _strangers.RemoveAt(0);
        var added = new Peer(node);
        _strangers.Add(added);
        return added;
    }

    private void NoteBehind(Peer peer, long now)
    {
        if (!peer.IsReachable || !peer.HasTold || peer.NeedsState || peer.Acked.Covers(replica.Log.Base))
        {
            peer.LacksBaseSince = long.MaxValue;
            peer.IsBehind = false;
            return;
        }

        if (peer.LacksBaseSince == long.MaxValue) peer.LacksBaseSince = now;
        var isBehind = now - peer.LacksBaseSince >= replica.Options.BehindTicks * MultiLeaderOptions.TickNanoseconds;
        if (isBehind == peer.IsBehind) return;
        peer.IsBehind = isBehind;
        Tell(peer, ToldFlags.None);
    }

    private void Tell(Peer peer, ToldFlags flags)
    {
        peer.OwesTold = false;
        if (peer.IsBehind) flags |= ToldFlags.YouAreBehind;
        if (replica.Arrivals.Refuses(peer.Node)) flags |= ToldFlags.YourClockIsAhead;
        replica.Out.Send(peer.Node, Write(peer.ReceivedRound, flags));
    }

    private Told Write(long round, ToldFlags flags) => new()
    {
        Incarnation = replica.Incarnation,
        Round = round,
        Flags = flags | (replica.Pulls.NeedsWhole ? ToldFlags.NeedsState : ToldFlags.None),
        UnixMilliseconds = replica.Now.UnixMilliseconds,
        Seen = replica.Rules.Confirms(replica.Journal.DurableSeen, replica.Machine.Seen),
    };
}
