using Quorate.Cluster.Reads;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>What this connection's reads may return: READS, and Redis Cluster's words for it. See docs/reads.md.</summary>
internal static class ReadsCommands
{
    public static readonly NodeCommandEntry[] Entries =
    [
        Command("reads", -1, Loading | Stale | Fast, "connection", "1.0.0",
            "Says what this connection's reads may return, or one read's; TOKEN and AFTER carry a session over to another "
                + "connection",
            Reads),
        Command("readonly", 1, Loading | Stale | Fast, "cluster", "3.0.0", "As READS eventual",
            (NodeCommand command, in CommandArgs _) => Become(command, new ReadRule(ReadConsistency.Eventual))),
        Command("readwrite", 1, Loading | Stale | Fast, "cluster", "3.0.0", "As READS default",
            (NodeCommand command, in CommandArgs _) => Become(command, null)),
    ];

    /// <summary>True when the words are READS, a rule, and a command behind it.</summary>
    public static bool TryPrefix(in CommandArgs args, out ReadRule? rule, out CommandArgs command)
    {
        rule = null;
        command = default;
        if (args.Count < 3 || !Words.Is(args.Name, "READS")) return false;
        var at = 1;
        rule = ReadWords.Read(args, ref at, out var why);
        if (why is not null || at >= args.Count) return false;
        command = args.From(at);
        return true;
    }

    private static void Reads(NodeCommand command, in CommandArgs args)
    {
        if (args.Count == 1) command.Reply.Bulk(Words.Bytes(command.Session.Reads?.ToString() ?? "default"));
        else if (Words.Is(args[1], "TOKEN") && args.Count == 2) Token(command);
        else if (Words.Is(args[1], "FORGET") && args.Count == 2) Forget(command);
        else if (Words.Is(args[1], "AFTER") && args.Count == 3) After(command, args[2]);
        else Rule(command, args);
    }

    private static void Rule(NodeCommand command, in CommandArgs args)
    {
        var at = 1;
        var rule = ReadWords.Read(args, ref at, out var why);
        if (why is not null) command.Reply.Error(why);
        else if (at < args.Count)
            command.Reply.Error(
                "ERR after the rule there may be one command that reads keys, such as: READS bounded 500 GET key");
        else Become(command, rule);
    }

    private static void Become(NodeCommand command, ReadRule? rule)
    {
        command.Session.ReadBy(rule);
        if (rule is { FollowsSession: true }) Follow(command);
        command.Reply.Ok();
    }

    private static void Token(NodeCommand command)
    {
        Follow(command);
        command.Reply.Bulk(Words.Bytes(command.Session.Positions.ToString()));
    }

    private static void Forget(NodeCommand command)
    {
        command.Session.Positions.Clear();
        command.Reply.Ok();
    }

    private static void After(NodeCommand command, ReadOnlySpan<byte> token)
    {
        var positions = new SessionPositions();
        if (!positions.TryMerge(Words.Text(token)))
        {
            command.Reply.Error("ERR this is not a token: READS TOKEN answers one"u8);
            return;
        }

        foreach (var group in positions.Groups)
        {
            if (command.Node.Map is not { } map || !map.WasDropped(group)) continue;
            command.Reply.Error("LOST the token belongs to a keyspace that was dropped"u8);
            return;
        }

        if (!command.Session.Positions.TryMerge(Words.Text(token)))
        {
            command.Reply.Error("ERR this connection follows too many tokens: READS FORGET begins a new session"u8);
            return;
        }

        command.Session.FollowsHistory = true;
        command.Session.ReadBy(new ReadRule(ReadConsistency.Session));
        command.Reply.Ok();
    }

    /// <summary>From now on the session's way is noted; what it has done before is in the state here, if there is one.</summary>
    private static void Follow(NodeCommand command)
    {
        if (command.Session.FollowsHistory) return;
        command.Session.FollowsHistory = true;
        command.Session.HasMoved = true;
        command.Node.NotePosition(command.Session);
    }
}
