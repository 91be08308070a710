using System.Globalization;
using Quorate.Cluster;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Server.Clients;
using Quorate.Server.Http;
using Quorate.Server.Peers;
using Quorate.Server.Turns;

namespace Quorate.Server;

/// <summary>Looks at a node and writes down what it sees.</summary>
internal static class NodeReports
{
    public static NodeReport Take(
        NodeLoop loop,
        NodeServerOptions options,
        ClientCounters counters,
        int connections,
        PeerLinks links,
        (string Resp, string Peer) own,
        long journaled)
    {
        lock (loop.Gate)
        {
            var node = loop.Node;
            var group = node.View.Default;
            var members = node.View.Members;
            var names = members.ToDictionary(m => m.Id, m => m.Name);
            var up = links.All;
            string? NameOf(NodeId id) => id.IsNone ? null : names.GetValueOrDefault(id, id.ToString());
            var isLeader = group.Leader == options.Self;
            return new NodeReport(
                options.Name,
                isLeader ? "leader" : group.Leader.IsNone ? "unknown" : "follower",
                NameOf(group.Leader),
                group.Strategy,
                options.Durability.ToString().ToLower(CultureInfo.InvariantCulture),
                group.Term.Value,
                group.LastIndex.Value,
                group.CommitIndex.Value,
                group.LastApplied.Value,
                node.Refusal,
                [.. group.Followers
                    .Select(f => new FollowerReport(
                        NameOf(f.Node)!, f.MatchIndex.Value, f.EntriesBehind, f.HeardMilliseconds, f.Progress))],
                [.. members.Select(m => m.Id == options.Self
                    ? new MemberReport(m.Name, own.Peer, own.Resp, true)
                    : new MemberReport(m.Name, m.PeerAddress, m.RespAddress, up.Any(l => l.Peer == m.Id && l.IsUp)))])
            {
                KnowsKeyspaces = node.View.Map is { IsKnown: true } && !node.View.ControlLeader.IsNone,
                Alarms = node.View.StandingAlarms,
                Trust = [.. node.View.Groups.Select(g => new TrustReport(g.Group.ToString(), g.Trust, g.Voting))],
                Families = ReadFigures.FamiliesOf(node, NameOf),
                IsPlaced = node.View.Map?.Node(options.Self) is { } entry && entry.Labels == options.Labels,
                Figures =
                [
                    .. ReadFigures.Of(node),
                    ("quorate_is_leader", "1 when this node orders the writes.", false, isLeader ? 1 : 0),
                    ("quorate_has_leader", "1 when this node knows a leader.", false, group.Leader.IsNone ? 0 : 1),
                    ("quorate_term", "Current term.", false, group.Term.Value),
                    ("quorate_last_index", "Last entry in the log.", false, group.LastIndex.Value),
                    ("quorate_commit_index", "Last entry known to be committed.", false, group.CommitIndex.Value),
                    ("quorate_applied_index", "Last entry applied.", false, group.LastApplied.Value),
                    (
                        "quorate_journal_failed", "1 when the journal failed and the node serves no data.", false,
                        node.Refusal is null ? 0 : 1),
                    .. VotingOf(node),
                    ("quorate_keys", "Keys held.", false, node.View.Databases.Sum(d => d.Keys)),
                    (
                        "quorate_conflict_keys", "Keys with concurrent values that a client has to decide about.", false,
                        node.View.Conflicts.Keys),
                    ("quorate_conflicts_total", "Values that became concurrent with another.", true, node.View.Conflicts.Seen),
                    (
                        "quorate_conflict_losses_total", "Overwritten concurrent values, kept in the log of losses for a while.",
                        true, node.View.Conflicts.Lost),
                    (
                        "quorate_merge_rule_failures_total", "Times that a merge rule made nothing of its values.", true,
                        node.View.Conflicts.RuleFailures),
                    (
                        "quorate_stamps_refused_total",
                        "Updates refused because their stamps were too far ahead of this node's clock.", true,
                        node.View.Repairs.StampsRefused),
                    (
                        "quorate_hints", "Updates kept for holders of leaderless keyspaces that could not be reached.", false,
                        node.View.Repairs.HintsKept),
                    (
                        "quorate_unrepaired_milliseconds",
                        "Since the least recently compared pair of holders was compared; -1: one never was.", false,
                        node.View.Repairs.UnrepairedMilliseconds),
                    ("quorate_clients", "Connected clients.", false, connections),
                    ("quorate_clients_accepted_total", "Connections taken.", true, counters.Accepted),
                    (
                        "quorate_clients_refused_total", "Connections turned away because there were too many.", true,
                        counters.Refused),
                    (
                        "quorate_clients_dropped_total", "Clients disconnected because they did not read their replies.", true,
                        counters.Dropped),
                    (
                        "quorate_protocol_errors_total", "Connections closed because what came was not RESP.", true,
                        counters.ProtocolErrors),
                    ("quorate_commands_total", "Commands taken.", true, counters.Commands),
                    ("quorate_client_input_bytes_total", "Bytes from clients.", true, counters.InputBytes),
                    ("quorate_client_output_bytes_total", "Bytes to clients.", true, counters.OutputBytes),
                    ("quorate_peer_input_bytes_total", "Bytes from other nodes.", true, node.Statistics.PeerInputBytes),
                    ("quorate_peer_output_bytes_total", "Bytes to other nodes.", true, node.Statistics.PeerOutputBytes),
                    ("quorate_journal_bytes_total", "Bytes written to the journal.", true, journaled),
                    ("quorate_turns_total", "Batches formed.", true, loop.Turns),
                    ("process_resident_memory_bytes", "Memory of the process.", false, Environment.WorkingSet),
                    (
                        "quorate_managed_heap_bytes", "Managed heap after the last collection, and what came since.", false,
                        GC.GetTotalMemory(false)),
                    (
                        "quorate_allocated_bytes_total", "Bytes allocated on the managed heap, by all threads.", true,
                        GC.GetTotalAllocatedBytes()),
                    (
                        "quorate_gc_young_collections_total", "Collections of the youngest generation, older ones included.",
                        true, GC.CollectionCount(0)),
                    ("quorate_gc_full_collections_total", "Collections of the oldest generation.", true, GC.CollectionCount(2)),
                    (
                        "quorate_gc_pause_seconds_total", "Time the garbage collector held the process.", true,
                        GC.GetTotalPauseDuration().TotalSeconds),
                ],
            };
        }
    }

    /// <summary>Of all groups here together.</summary>
    private static IEnumerable<(string Name, string Help, bool IsCounter, double Value)> VotingOf(Node node)
    {
        var groups = node.View.Groups;
        yield return (
            "quorate_groups_distrusted", "Groups whose state on this node is wrong and not used.", false,
            groups.Count(g => g.Trust != "ok"));
        yield return ("quorate_alarms_total", "Alarms written to the log, for an operator to act on.", true, node.Alarms.Raised);
        yield return (
            "quorate_standing_alarms", "Groups here that something is wrong with now.", false, node.View.StandingAlarms.Count);
        yield return (
            "quorate_digest_rounds_total", "Times that a group's whole state was compared, led from here.", true,
            groups.Sum(g => g.Voting.Rounds));
        yield return (
            "quorate_digest_ranges_agreed_total", "Ranges of state that the replicas agreed on.", true,
            groups.Sum(g => g.Voting.RangesAgreed));
        yield return (
            "quorate_digest_ranges_undecided_total", "Ranges that too few replicas hashed in time.", true,
            groups.Sum(g => g.Voting.RangesUndecided));
        yield return (
            "quorate_replica_dissents_total", "Times that a replica contradicted a majority.", true,
            groups.Sum(g => g.Voting.Dissents));
        yield return (
            "quorate_replica_disagreements_total", "Times that replicas differed without a majority.", true,
            groups.Sum(g => g.Voting.Disagreements));
        yield return (
            "quorate_quarantines_total", "Replicas that this node, leading, put out of use.", true,
            groups.Sum(g => g.Voting.QuarantinesOrdered));
        yield return (
            "quorate_reseeds_total", "Times that a state on this node was replaced by another replica's.", true,
            groups.Sum(g => g.Voting.Reseeds));
        yield return ("quorate_voted_reads_total", "Voted reads answered.", true, groups.Sum(g => g.Voting.VotedReads));
        yield return (
            "quorate_voted_reads_masked_total", "Those among them for which a replica had something else.", true,
            groups.Sum(g => g.Voting.MaskedReads));
        yield return (
            "quorate_voted_reads_undecided_total", "Voted reads refused because no majority agreed in time.", true,
            groups.Sum(g => g.Voting.UndecidedReads));
    }
}
