using System.Globalization;
using System.Text;
using Quorate.Cluster.Maps;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Replication.Policies;
using Quorate.Resp;
using static Quorate.Cluster.Commands.ControlQuestions;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>KEYSPACE: keyspaces and their policies. What changes the map is decided by the control group's leader.</summary>
internal static class KeyspaceCommands
{
    private const CommandFlags Anytime = Admin | NoScript | Loading | Stale;
    private const string Group = "quorate";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("keyspace", Group, "7.2.0", "A container for commands about keyspaces and their replication",
            Command("keyspace|create", -3, Anytime, Group, "7.2.0", "Creates a keyspace with a policy of its own", Create),
            Command("keyspace|alter", -5, Anytime, Group, "7.2.0", "Changes the policy of a keyspace", Alter),
            Command("keyspace|drop", 3, Anytime, Group, "7.2.0", "Removes a keyspace and all its keys", Drop),
            Command(
                "keyspace|list", 2, Loading | Stale, Group, "7.2.0", "Lists the keyspaces with their policies", List,
                complexity: "O(N)"),
            Command(
                "keyspace|show", 3, Loading | Stale, Group, "7.2.0",
                "Says what a keyspace's policy promises and which nodes hold it", Show),
            Command(
                "keyspace|script", 3, Loading | Stale, Group, "7.2.0", "Returns the script of a keyspace's merge rule", Script),
            Command("keyspace|failover", -3, Anytime, Group, "7.2.0", "Lets another replica lead a keyspace", Failover),
            Command(
                "keyspace|lost", -3, Anytime, Group, "7.2.0",
                "Lists, or with CLEAR or FORGET forgets, the entries that fail-overs cut off on this node", Lost,
                complexity: "O(N)"),
            Help("keyspace", Group,
                "CREATE <name> [DB <n>] [STRATEGY raft|primary|chain|multileader|leaderless] [REPLICAS <n>] [ACK "
                    + "async|semisync:<k>|majority|sync]",
                "    [MIN-IN-SYNC <n>] [WHEN-SHORT refuse|degrade] [SHIP log|state] [READS linearizable|tail|craq|eventual|weak]",
                "    [DURABILITY fsync|written|memory] [SPREAD zone|region|provider]",
                "    primary: [DELAY <replicas>:<time, such as 1h>|none] [CASCADE <replicas>], beyond REPLICAS",
                "    multileader, leaderless: [CONFLICTS crdt|siblings|lww|merge:<rule> [SCRIPT <text>]]",
                "    multileader: [TOPOLOGY all|ring|star]; leaderless: [N <n>] [R <n>] [W <n>] [SLOPPY on|off] [CONSENSUS "
                    + "on|off]",
                "    Create a keyspace. SELECT <name> chooses it.",
                "ALTER <name> <word> <value> [<word> <value> ...]", "    Change what can be changed while it runs.",
                "DROP <name>", "    Remove a keyspace and all its keys.",
                "LIST", "    Return the keyspaces.",
                "SHOW <name>", "    Return what its policy promises, in sentences, and which nodes hold it.",
                "SCRIPT <name>", "    Return the script of its merge rule.",
                "FAILOVER <name> [TO <node>]", "    Let another replica lead.",
                "LOST <name> [RAW|CLEAR|FORGET <epoch> <index>]",
                "    Return, or forget, what fail-overs cut off on this node.")),
    ];

    private static void Create(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return;
        var (name, words) = (Words.Text(args[2]), Rest(args, 3));
        var database = -1;
        var at = words.FindIndex(w => w.Equals("db", StringComparison.OrdinalIgnoreCase));
        if (at >= 0 && at + 1 < words.Count)
        {
            if (!int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out database))
            {
                command.Reply.Error($"ERR '{words[at + 1]}' is not a database number");
                return;
            }

            words.RemoveRange(at, 2);
        }

        if (!Words.IsPlain(args[2]) || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            command.Reply.Error(
                "ERR a keyspace's name is printable ASCII without blanks and is not a number; DB <n> gives the keyspace a "u8
                    + "number"u8);
            return;
        }

        var policy = map.DefaultPolicy;
        if ((words.Count > 0 && !PolicyText.TryParse(words, null, out policy, out var why, StrategiesOf(command)))
            || (why = Problem(policy!)) is not null)
        {
            command.Reply.Error("ERR " + why);
            return;
        }

        if (policy is { Conflicts: ConflictRule.Merge, MergeScript: null })
        {
            command.Reply.Error($"ERR conflicts merge:{policy.MergeName} needs the script of the rule: SCRIPT <text>");
            return;
        }

        if (policy!.MergeScript is { } script && command.Node.ProblemOf(script) is { } wrong)
        {
            command.Reply.Error($"ERR script of rule {policy.MergeName}: {wrong.ReplaceLineEndings(" ")}");
            return;
        }

        if (ReplicaPlacement.Choose(policy!, map.Nodes, map.ReplicasOn, out var members) is { } shortage)
            command.Reply.Error("ERR " + shortage);
        else Ask(command, new CreateKeyspace(name, database, policy!, [members]));
    }

    private static void Alter(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        if (!PolicyText.TryParse(Rest(args, 3), keyspace.Policy, out var policy, out var why, StrategiesOf(command))
            || ((why = Problem(policy!)) is not null))
        {
            command.Reply.Error("ERR " + why);
            return;
        }

        if (PolicyChange.WhyNot(keyspace.Policy, policy!) is { } whyNot) command.Reply.Error("ERR " + whyNot);
        else Ask(command, new AlterKeyspace(keyspace.Name, policy!));
    }

    private static IReadOnlyList<Strategy> StrategiesOf(NodeCommand command) => command.Node.Options.Strategies.Named;

    private static void Drop(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is { } keyspace) Ask(command, new DropKeyspace(keyspace.Name));
    }

    private static void List(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return;
        command.Reply.Array(map.Keyspaces.Count);
        foreach (var keyspace in map.Keyspaces)
        {
            var number = keyspace.Database < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" db {keyspace.Database}");
            command.Reply.Bulk(Words.Bytes($"{keyspace.Name}{number} {PolicyText.Print(command.Node.PolicyInForce(keyspace))}"));
        }
    }

    private static void Show(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        var map = command.Node.Map!;
        var text = new StringBuilder();
        text.Append("keyspace ")
            .Append(keyspace.Name).Append('\n').Append("policy ").Append(PolicyText.Print(command.Node.PolicyInForce(keyspace)))
            .Append('\n');
        foreach (var id in keyspace.Groups)
        {
            if (map.Group(id) is not { } group) continue;
            if (group.Keyspace == keyspace.Id && group.Policy != keyspace.Policy)
                text.Append("not yet in force; until then ").Append(PolicyText.Print(group.Policy)).Append('\n');
            text.Append("group ").Append(id).Append(' ').Append(group.Configuration).Append('\n');
        }

        foreach (var sentence in Guarantee.Of(command.Node.PolicyInForce(keyspace)).ToSentences())
            text.Append(sentence).Append('\n');
        command.Reply.Verbatim(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Script(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        if (keyspace.Policy.MergeScript is { } script) command.Reply.Bulk(script);
        else command.Reply.Null();
    }

    private static void Failover(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        var target = NodeId.None;
        if (args.Count == 5 && Words.Is(args[3], "to"))
        {
            var name = Words.Text(args[4]);
            target = command.Node.Map!.Nodes.FirstOrDefault(n => n.Name == name)?.Id ?? NodeId.None;
            if (target.IsNone)
            {
                command.Reply.Error($"ERR there is no node '{name}'");
                return;
            }
        }
        else if (args.Count != 3)
        {
            CommandErrors.Syntax(command.Reply);
            return;
        }

        AskForEach(command, keyspace, group => command.Node.AskFailover(group, target));
    }

    private static void Lost(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        if (args.Count == 4 && Words.Is(args[3], "clear"))
        {
            foreach (var group in keyspace.Groups) command.Node.ClearLost(group);
            command.Reply.Ok();
        }
        else if (args.Count == 4 && Words.Is(args[3], "raw"))
        {
            Raw(command, [.. keyspace.Groups.SelectMany(command.Node.LostCommandsOf)]);
        }
        else if (args.Count == 6
            && Words.Is(args[3], "forget") && Words.TryInteger(args[4], out var epoch)
            && Words.TryInteger(args[5], out var index))
        {
            // Epoch and index are numbers of one group: those of two may be equal.
            if (keyspace.Groups is [var only])
                command.Reply.Integer(command.Node.ForgetLost(only, new Epoch(epoch), new LogIndex(index)) ? 1 : 0);
            else command.Reply.Error("ERR KEYSPACE LOST <name> FORGET cannot be asked of a keyspace of several groups yet"u8);
        }
        else if (args.Count == 3)
        {
            var lost = keyspace.Groups.SelectMany(command.Node.LostOf).ToArray();
            command.Reply.Array(lost.Length);
            foreach (var line in lost) command.Reply.Bulk(Encoding.UTF8.GetBytes(line));
        }
        else
        {
            CommandErrors.Syntax(command.Reply);
        }
    }

    /// <summary>For programs: of each entry its epoch, its index, and its words, none when it is no command.</summary>
    private static void Raw(NodeCommand command, IReadOnlyList<LostCommand> lost)
    {
        command.Reply.Array(lost.Count);
        foreach (var entry in lost)
        {
            command.Reply.Array(3);
            command.Reply.Integer(entry.MadeIn.Value);
            command.Reply.Integer(entry.Index.Value);
            command.Reply.Array(entry.Words.Count);
            foreach (var word in entry.Words) command.Reply.Bulk(word);
        }
    }

    /// <summary>Contradictions, and what this version has not.</summary>
    private static string? Problem(Policy policy) => PolicyCheck.Problems(policy) is [var first, ..] ? first : null;

    private static KeyspaceEntry? Find(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return null;
        if (map.Keyspace(Words.Text(args[2])) is { } keyspace) return keyspace;
        CommandErrors.NoKeyspace(command.Reply, args[2]);
        return null;
    }

    private static List<string> Rest(in CommandArgs args, int first)
    {
        var words = new List<string>();
        for (var i = first; i < args.Count; i++) words.Add(Words.Text(args[i]));
        return words;
    }
}
