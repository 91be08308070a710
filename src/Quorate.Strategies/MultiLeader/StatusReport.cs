using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal static class StatusReport
{
    private const int MostLooked = 100_000;

    public static MultiLeaderStatus Of(MultiLeaderReplica replica) => new()
    {
        IsServing = replica.IsLeader,
        Epoch = replica.Configuration?.Epoch ?? default,
        NeedsState = replica.Report.NeedsState,
        HasGaps = replica.Pulls.HasGaps,
        IsCausal = replica.Knowledge.IsCausal,
        Source = replica.Pulls.Source,
        Seen = replica.Machine.Seen.ToString(),
        DurableSeen = replica.Journal.DurableSeen.ToString(),
        Stable = replica.Machine.Stable.ToString(),
        Statistics = replica.Statistics,
        Members = [.. replica.Peers.Select(p => Of(replica, p))],
    };

    public static void Describe(MultiLeaderReplica replica, StringBuilder text)
    {
        text.Append(replica.Self)
            .Append(replica.IsLeader ? " Leader " : " Silent ").Append(replica.Configuration?.ToString() ?? "unconfigured");
        text.Append(" seen ").Append(replica.Machine.Seen);
        if (!replica.Journal.DurableSeen.SetEquals(replica.Machine.Seen))
            text.Append(" durable ").Append(replica.Journal.DurableSeen);
        text.Append(" stable ").Append(replica.Machine.Stable);
        text.Append(" log ").Append(replica.Log.End - replica.Log.First);
        if (replica.Arrivals.HeldCount > 0) text.Append(" held ").Append(replica.Arrivals.HeldCount);
        if (replica.Acknowledgements.Count > 0) text.Append(" waiting ").Append(replica.Acknowledgements.Count);
        var snapshot = replica.SnapshotMaker.Snapshots.SealedNumber;
        if (snapshot > 0) text.Append(" snapshot ").Append(snapshot);
        if (replica.Pulls.NeedsWhole) text.Append(" needs state");
        if (replica.Pulls.HasGaps) text.Append(" has gaps");
        if (replica.Pulls.AreNumbersUsed) text.Append(" NUMBERS USED BEFORE");
        if (!replica.Pulls.Source.IsNone) text.Append(" pulls ").Append(replica.Pulls.Source);
        if (!replica.Knowledge.IsCausal) text.Append(" not causal before ").Append(replica.Knowledge.CausalAfter);
        if (replica.Counters.StampsRefused > 0) text.Append(" stamps refused ").Append(replica.Counters.StampsRefused);
        if (replica.Wanted is { } wanted) text.Append(" wants ").Append(wanted);
        foreach (var peer in replica.Peers)
        {
            text.Append(" [").Append(peer.Node);
            if (!peer.HasTold) text.Append(" has told nothing");
            else text.Append(" has ").Append(peer.Acked);
            if (!peer.IsReachable) text.Append(" silent");
            if (peer.NeedsState) text.Append(" needs state");
            if (peer.IsBehind) text.Append(" behind");
            if (peer.RefusesStamps) text.Append(" refuses stamps");
            text.Append(']');
        }
    }

    public static void CheckInvariants(MultiLeaderReplica replica)
    {
        var seen = replica.Machine.Seen;
        Invariant.Require(seen.Covers(replica.Journal.DurableSeen), "every durable update was seen");
        Invariant.Require(seen.Covers(replica.Log.Base), "every update that the log has forgotten was seen");
        Invariant.Require(
            replica.Log.First <= replica.Journal.DurableEnd && replica.Journal.DurableEnd <= replica.Log.End,
            "the log is durable from its beginning on");
        Invariant.Require(
            replica.Arrivals.HeldBytes <= replica.Options.MaxHeldBytes, "the bytes of arrivals held back are bounded");
        Invariant.Require(
            replica.Acknowledgements.Count <= replica.Options.MaxWaitingWrites + 1, "the writes that wait are bounded");
        Invariant.Require(
            replica.Birth is not null || !(replica.Pulls.NeedsWhole || replica.Pulls.HasGaps),
            "only a replica that began anew lacks states");
        for (var position = replica.Log.First; position < replica.Log.End; position++)
            Invariant.Require(seen.Contains(replica.Log[position].Last), "every update in the log was seen");
    }

    private static MemberStatus Of(MultiLeaderReplica replica, Peer peer)
    {
        var log = replica.Log;
        peer.Advance(log);
        long deltas = 0, bytes = 0;
        for (var position = peer.AckedBelow; position < log.End && position - peer.AckedBelow < MostLooked; position++)
        {
            ref readonly var item = ref log[position];
            if (peer.Acked.Contains(item.Last)) continue;
            deltas++;
            bytes += item.Length;
        }

        var oldest = peer.AckedBelow < log.End
            ? (replica.Now.Nanoseconds - log[peer.AckedBelow].ArrivedAt) / StepTime.NanosecondsPerMillisecond : 0;
        return new MemberStatus(
            peer.Node,
            peer.IsReachable,
            deltas,
            bytes,
            oldest,
            !peer.Acked.Covers(log.Base),
            peer.RefusesStamps,
            peer.ClockOffsetMilliseconds,
            !peer.HasTold || peer.NeedsState || (!peer.IsReachable && !peer.Acked.Covers(replica.Machine.Seen)),
            peer.BytesSent);
    }
}
