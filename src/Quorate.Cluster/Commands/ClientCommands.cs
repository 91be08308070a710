using System.Text;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>CLIENT: what connections say of themselves and see of each other.</summary>
internal static class ClientCommands
{
    public const string BadName = "ERR Client names cannot contain spaces, newlines or special characters.";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("client", "connection", "2.4.0", "A container for commands about client connections",
            Sub("id", 2, "5.0.0", "Answers the connection's id", Id),
            Sub("getname", 2, "2.6.9", "Answers the connection's name", GetName),
            Sub("setname", 3, "2.6.9", "Names the connection", SetName),
            Sub("setinfo", 4, "7.2.0", "Tells the name or version of the client library", SetInfo),
            Sub("info", 2, "6.2.0", "Describes this connection", OwnLine),
            AdminSub("list", -2, "2.4.0", "Describes all connections of this node", List),
            AdminSub("kill", -3, "2.4.0", "Closes connections of this node", ClientKill.Execute),
            AdminSub("no-evict", 3, "7.0.0", "Spares the connection from eviction", NoEvict),
            Sub("no-touch", 3, "7.2.0", "Keeps the connection's reads from counting as use", NoTouch),
            Sub("reply", 3, "3.2.0", "Chooses whether commands are answered", Reply),
            Sub("tracking", -3, "6.0.0", "Switches client side caching (off only)", Tracking),
            Sub("trackinginfo", 2, "6.2.0", "Describes client side caching of the connection", TrackingState),
            Sub("getredir", 2, "6.0.0", "Answers where invalidations are redirected to",
                (NodeCommand command, in CommandArgs _) => command.Reply.Integer(-1)),
            Sub("caching", 3, "6.0.0", "Tracks or skips the keys of the next command", Refuse(
                "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")),
            AdminSub("pause", -3, "3.0.0", "Lets commands on keys of this node's clients wait", ClientPause.Begin),
            AdminSub("unpause", 2, "6.2.0", "Ends CLIENT PAUSE", ClientPause.End),
            AdminSub("unblock", -3, "5.0.0", "Not built", Refuse(
                "ERR CLIENT UNBLOCK is not built yet: give commands that wait a timeout")),
            Help("client", "connection",
                "GETNAME", "    Return the name of the current connection.",
                "GETREDIR", "    Return -1: invalidations are not redirected.",
                "ID", "    Return the ID of the current connection.",
                "INFO", "    Return information about the current client connection.",
                "KILL <ip:port>", "    Kill connection made from <ip:port>.",
                "KILL <option> <value> [<option> <value> [...]]",
                "    Kill connections. Options are: ADDR, LADDR, ID, TYPE, USER, MAXAGE, SKIPME (YES|NO).",
                "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [<id> ...]]",
                "    Return information about client connections of this node.",
                "NO-EVICT (ON|OFF)", "    Protect current client connection from eviction.",
                "NO-TOUCH (ON|OFF)", "    Keep reads of the current connection from counting as use.",
                "PAUSE <timeout> [WRITE|ALL]", "    Let commands on keys of this node's clients wait for <timeout> milliseconds.",
                "REPLY (ON|OFF|SKIP)", "    Control the replies sent to the current connection.",
                "SETINFO (LIB-NAME|LIB-VER) <value>", "    Tell the name or version of the client library.",
                "SETNAME <name>", "    Assign the name <name> to the current connection.",
                "TRACKING OFF", "    Server assisted client side caching is not built: ON is refused.",
                "UNPAUSE", "    Let them go on.",
                "TRACKINGINFO", "    Report tracking status for the current connection.")),
    ];

    private static NodeCommandEntry Sub(
        string name, int arity, string since, string summary, NodeCommandHandler handler) =>
        Command($"client|{name}", arity, NoScript | Loading | Stale, "connection", since, summary, handler);

    private static NodeCommandEntry AdminSub(
        string name, int arity, string since, string summary, NodeCommandHandler handler) =>
        Command($"client|{name}", arity, Admin | NoScript | Loading | Stale, "connection", since, summary, handler,
            complexity: "O(N) where N is the number of client connections");

    private static void Id(NodeCommand command, in CommandArgs args) => command.Reply.Integer(command.Session.Id);

    private static void GetName(NodeCommand command, in CommandArgs args)
    {
        if (command.Session.Name.Length == 0) command.Reply.Null();
        else command.Reply.Bulk(command.Session.Name);
    }

    private static void SetName(NodeCommand command, in CommandArgs args)
    {
        if (!Words.IsPlain(args[2]))
        {
            command.Reply.Error(BadName);
            return;
        }

        command.Session.Name = Words.Text(args[2]);
        command.Reply.Ok();
    }

    private static void SetInfo(NodeCommand command, in CommandArgs args)
    {
        var isName = Words.Is(args[2], "LIB-NAME");
        if (!isName && !Words.Is(args[2], "LIB-VER"))
        {
            command.Reply.Error(Words.Bytes($"ERR Unrecognized option '{Words.Text(args[2])}'"));
        }
        else if (!Words.IsPlain(args[3]))
        {
            command.Reply.Error(
                $"ERR {(isName ? "lib-name" : "lib-ver")} cannot contain spaces, newlines or special characters.");
        }
        else
        {
            if (isName) command.Session.LibName = Words.Text(args[3]);
            else command.Session.LibVersion = Words.Text(args[3]);
            command.Reply.Ok();
        }
    }

    private static void OwnLine(NodeCommand command, in CommandArgs args)
    {
        var text = new StringBuilder();
        ClientLine.Append(text, command.Session, command.Now);
        command.Reply.Verbatim(Words.Bytes(text.ToString()));
    }

    private static void List(NodeCommand command, in CommandArgs args)
    {
        ClientKind? kind = null;
        HashSet<long>? ids = null;
        if (args.Count == 4 && Words.Is(args[2], "TYPE"))
        {
            if (!ClientLine.TryParseKind(command.Reply, args[3], out var parsed)) return;
            kind = parsed;
        }
        else if (args.Count > 3 && Words.Is(args[2], "ID"))
        {
            ids = [];
            for (var i = 3; i < args.Count; i++)
            {
                if (!Words.TryInteger(args[i], out var id))
                {
                    command.Reply.Error("ERR Invalid client ID"u8);
                    return;
                }

                ids.Add(id);
            }
        }
        else if (args.Count != 2)
        {
            CommandErrors.Syntax(command.Reply);
            return;
        }

        var text = new StringBuilder();
        foreach (var session in command.Node.Sessions)
        {
            if (kind is { } k && ClientLine.KindOf(session) != k) continue;
            if (ids is not null && !ids.Contains(session.Id)) continue;
            ClientLine.Append(text, session, command.Now);
        }

        command.Reply.Verbatim(Words.Bytes(text.ToString()));
    }

    private static void NoEvict(NodeCommand command, in CommandArgs args)
    {
        if (!TryOnOff(command, args[2], out var on)) return;
        command.Session.NoEvict = on;
        command.Reply.Ok();
    }

    private static void NoTouch(NodeCommand command, in CommandArgs args)
    {
        if (!TryOnOff(command, args[2], out var on)) return;
        command.Session.NoTouch = on;
        command.Reply.Ok();
    }

    private static void Reply(NodeCommand command, in CommandArgs args)
    {
        if (Words.Is(args[2], "ON"))
        {
            command.Session.ReplyMode = ReplyMode.On;
            command.IsSilent = false;
            command.Reply.Ok();
        }
        else if (Words.Is(args[2], "OFF"))
        {
            command.Session.ReplyMode = ReplyMode.Off;
        }
        else if (Words.Is(args[2], "SKIP"))
        {
            // BeginCommand has already put a SKIP before this one back to On; Off stays Off.
            if (command.Session.ReplyMode == ReplyMode.On) command.Session.ReplyMode = ReplyMode.SkipNext;
        }
        else
        {
            CommandErrors.Syntax(command.Reply);
        }
    }

    private static void Tracking(NodeCommand command, in CommandArgs args)
    {
        if (Words.Is(args[2], "ON"))
            command.Reply.Error("ERR CLIENT TRACKING is not built yet: no invalidation messages are sent"u8);
        else if (args.Count == 3 && Words.Is(args[2], "OFF")) command.Reply.Ok();
        else CommandErrors.Syntax(command.Reply);
    }

    private static void TrackingState(NodeCommand command, in CommandArgs args)
    {
        var reply = command.Reply;
        reply.Map(3);
        reply.Bulk("flags"u8);
        reply.Set(1);
        reply.Bulk("off"u8);
        reply.Bulk("redirect"u8);
        reply.Integer(-1);
        reply.Bulk("prefixes"u8);
        reply.Array(0);
    }

    private static bool TryOnOff(NodeCommand command, ReadOnlySpan<byte> word, out bool on)
    {
        on = Words.Is(word, "ON");
        if (on || Words.Is(word, "OFF")) return true;
        CommandErrors.Syntax(command.Reply);
        return false;
    }
}
