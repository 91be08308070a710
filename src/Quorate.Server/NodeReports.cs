using System.Globalization;
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
        (string Resp, string Peer) own)
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
                [.. group.Followers.Select(f => new FollowerReport(NameOf(f.Node)!, f.MatchIndex.Value, f.EntriesBehind, f.HeardMilliseconds, f.Progress))],
                [.. members.Select(m => m.Id == options.Self
                    ? new MemberReport(m.Name, own.Peer, own.Resp, true)
                    : new MemberReport(m.Name, m.PeerAddress, m.RespAddress, up.Any(l => l.Peer == m.Id && l.IsUp)))])
            {
                KnowsKeyspaces = node.View.Map is { IsKnown: true } && !node.View.ControlLeader.IsNone,
                Families = ReadFigures.FamiliesOf(node, NameOf),
                Figures =
                [
                    .. ReadFigures.Of(node),
                    ("quorate_is_leader", "1 when this node orders the writes.", false, isLeader ? 1 : 0),
                    ("quorate_has_leader", "1 when this node knows a leader.", false, group.Leader.IsNone ? 0 : 1),
                    ("quorate_term", "Current term.", false, group.Term.Value),
                    ("quorate_last_index", "Last entry in the log.", false, group.LastIndex.Value),
                    ("quorate_commit_index", "Last entry known to be committed.", false, group.CommitIndex.Value),
                    ("quorate_applied_index", "Last entry applied.", false, group.LastApplied.Value),
                    ("quorate_journal_failed", "1 when the journal failed and the node serves no data.", false, node.Refusal is null ? 0 : 1),
                    ("quorate_keys", "Keys held.", false, node.View.Databases.Sum(d => d.Keys)),
                    ("quorate_clients", "Connected clients.", false, connections),
                    ("quorate_clients_accepted_total", "Connections taken.", true, counters.Accepted),
                    ("quorate_clients_refused_total", "Connections turned away because there were too many.", true, counters.Refused),
                    ("quorate_clients_dropped_total", "Clients disconnected because they did not read their replies.", true, counters.Dropped),
                    ("quorate_protocol_errors_total", "Connections closed because what came was not RESP.", true, counters.ProtocolErrors),
                    ("quorate_commands_total", "Commands taken.", true, counters.Commands),
                    ("quorate_client_input_bytes_total", "Bytes from clients.", true, counters.InputBytes),
                    ("quorate_client_output_bytes_total", "Bytes to clients.", true, counters.OutputBytes),
                    ("quorate_turns_total", "Batches formed.", true, loop.Turns),
                    ("process_resident_memory_bytes", "Memory of the process.", false, Environment.WorkingSet),
                    ("quorate_managed_heap_bytes", "Managed heap after the last collection, and what came since.", false, GC.GetTotalMemory(false)),
                    ("quorate_allocated_bytes_total", "Bytes allocated on the managed heap, by all threads.", true, GC.GetTotalAllocatedBytes()),
                    ("quorate_gc_young_collections_total", "Collections of the youngest generation, older ones included.", true, GC.CollectionCount(0)),
                    ("quorate_gc_full_collections_total", "Collections of the oldest generation.", true, GC.CollectionCount(2)),
                    ("quorate_gc_pause_seconds_total", "Time the garbage collector held the process.", true, GC.GetTotalPauseDuration().TotalSeconds),
                ],
            };
        }
    }
}
