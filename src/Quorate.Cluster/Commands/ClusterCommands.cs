using System.Text;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>
/// Redis Cluster divides keys over slots and sends clients away to the right node; here every node serves every key, so
/// to a client this is a single server without cluster mode. A few harmless questions are answered all the same.
/// </summary>
internal static class ClusterCommands
{
    private const string Disabled = "ERR This instance has cluster support disabled";
    private const CommandFlags Change = Admin | Stale | NoAsyncLoading;

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("cluster", "cluster", "3.0.0", "A container for commands about the cluster",
            Command("cluster|info", 2, Stale, "cluster", "3.0.0", "Describes the cluster in fields", State),
            Command("cluster|myid", 2, Stale, "cluster", "3.0.0", "Answers the node's name",
                (NodeCommand command, in CommandArgs _) =>
                    command.Reply.Bulk(NodeNames.NodeName(command.Node, command.Node.Self.Id))),
            Command("cluster|keyslot", 3, Stale, "cluster", "3.0.0", "Answers the slot that Redis Cluster would put a key in",
                (NodeCommand command, in CommandArgs args) => command.Reply.Integer(KeySlot.Of(args[2])),
                complexity: "O(N) where N is the number of bytes in the key"),
            Off("addslots", -3, Change), Off("addslotsrange", -4, Change), Off("bumpepoch", 2, Change),
            Off("count-failure-reports", 3, Admin | Stale), Off("countkeysinslot", 3, Stale), Off("delslots", -3, Change),
            Off("delslotsrange", -4, Change), Off("failover", -2, Change), Off("flushslots", 2, Change),
            Off("forget", 3, Change), Off("getkeysinslot", 4, Stale), Off("links", 2, Stale), Off("meet", -4, Change),
            Off("myshardid", 2, Stale), Off("nodes", 2, Stale), Off("replicas", 3, Admin | Stale),
            Off("replicate", 3, Change), Off("reset", -2, Admin | NoScript | Stale), Off("saveconfig", 2, Change),
            Off("set-config-epoch", 3, Change), Off("setslot", -4, Change), Off("shards", 2, Stale),
            Off("slaves", 3, Admin | Stale), Off("slots", 2, Stale),
            Help("cluster", "cluster",
                "INFO", "    Return information about the cluster.",
                "KEYSLOT <key>", "    Return the hash slot for <key>.",
                "MYID", "    Return the node id.")),
        Command("asking", 1, Fast, "cluster", "3.0.0", "Refused: nothing is redirected", Refuse(Disabled)),
    ];

    private static NodeCommandEntry Off(string name, int arity, CommandFlags flags) =>
        Command($"cluster|{name}", arity, flags, "cluster", "3.0.0",
            "Refused: this is not a Redis Cluster", Refuse(Disabled));

    private static void State(NodeCommand command, in CommandArgs args)
    {
        var groups = command.Node.GroupsOf(command.Session);
        var keyspace = command.Node.KeyspaceOf(command.Session);
        var led = groups.Select((g, place) => g.Leader.IsNone ? 0 : keyspace?.SlotsOf(place) ?? KeySlot.Count).Sum();
        var term = groups.Max(g => g.Term.Value);
        var text = new StringBuilder();
        InfoText.Field(text, "cluster_enabled", 0);
        InfoText.Field(text, "cluster_state", led < KeySlot.Count ? "fail" : "ok");
        InfoText.Field(text, "cluster_slots_assigned", KeySlot.Count);
        InfoText.Field(text, "cluster_slots_ok", led);
        InfoText.Field(text, "cluster_slots_pfail", 0);
        InfoText.Field(text, "cluster_slots_fail", KeySlot.Count - led);
        InfoText.Field(text, "cluster_known_nodes", command.Node.Members.Count);
        InfoText.Field(text, "cluster_size", groups.Count);
        InfoText.Field(text, "cluster_current_epoch", term);
        InfoText.Field(text, "cluster_my_epoch", term);
        command.Reply.Verbatim(Words.Bytes(text.ToString()));
    }
}
