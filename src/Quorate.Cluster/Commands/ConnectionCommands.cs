using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>What a client says first and last: PING, HELLO, AUTH, SELECT, QUIT and their like.</summary>
internal static class ConnectionCommands
{
    private const string WrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

    public static readonly NodeCommandEntry[] Entries =
    [
        Command("ping", -1, Fast, "connection", "1.0.0", "Answers PONG, or the given message", Ping),
        Command("echo", 2, Loading | Stale | Fast, "connection", "1.0.0", "Answers the given string", Echo),
        Command("hello", -1, NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, "connection", "6.0.0",
            "Chooses the protocol and describes the server", Hello),
        Command("auth", -2, NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, "connection", "1.0.0",
            "Authenticates the connection", Auth),
        Command("select", 2, Loading | Stale | Fast, "connection", "1.0.0",
            "Changes the database of the connection", Select),
        Command("quit", -1, NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, "connection", "1.0.0",
            "Closes the connection", Quit),
        Command("reset", 1, NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, "connection", "6.2.0",
            "Puts the connection back into the state of a new one", Reset),
    ];

    private static void Ping(NodeCommand command, in CommandArgs args)
    {
        if (args.Count > 2)
        {
            CommandErrors.WrongArity(command.Reply, "ping");
        }
        else if (command.Session.IsSubscriberOnly)
        {
            command.Reply.Array(2);
            command.Reply.Bulk("pong"u8);
            command.Reply.Bulk(args.Count == 2 ? args[1] : default);
        }
        else if (args.Count == 2)
        {
            command.Reply.Bulk(args[1]);
        }
        else
        {
            command.Reply.Simple("PONG"u8);
        }
    }

    private static void Echo(NodeCommand command, in CommandArgs args) => command.Reply.Bulk(args[1]);

    // No password can be configured yet, so the default user is Redis's "nopass" user: any password is right for it,
    // except that the one-word form, which says nothing but a password, is answered with a warning.
    private static void Auth(NodeCommand command, in CommandArgs args)
    {
        if (args.Count > 3)
        {
            CommandErrors.Syntax(command.Reply);
        }
        else if (args.Count == 2)
        {
            command.Reply.Error("ERR AUTH <password> called without any password configured for the default user. "u8 +
                "Are you sure your configuration is correct?"u8);
        }
        else if (!IsDefaultUser(args[1]))
        {
            command.Reply.Error(WrongPassword);
        }
        else
        {
            command.Reply.Ok();
        }
    }

    private static void Hello(NodeCommand command, in CommandArgs args)
    {
        var (session, reply) = (command.Session, command.Reply);
        long protocol = session.Protocol;
        if (args.Count > 1 && !Words.TryInteger(args[1], out protocol))
        {
            reply.Error("ERR Protocol version is not an integer or out of range"u8);
            return;
        }

        if (protocol is not (2 or 3))
        {
            reply.Error("NOPROTO unsupported protocol version"u8);
            return;
        }

        // Nothing changes before all options have been understood.
        string? name = null;
        for (var i = 2; i < args.Count; i++)
        {
            var left = args.Count - 1 - i;
            if (Words.Is(args[i], "AUTH") && left >= 2)
            {
                if (!IsDefaultUser(args[i + 1]))
                {
                    reply.Error(WrongPassword);
                    return;
                }

                i += 2;
            }
            else if (Words.Is(args[i], "SETNAME") && left >= 1)
            {
                if (!Words.IsPlain(args[i + 1]))
                {
                    reply.Error(ClientCommands.BadName);
                    return;
                }

                name = Words.Text(args[i + 1]);
                i++;
            }
            else
            {
                reply.Error(Words.Bytes($"ERR Syntax error in HELLO option '{Words.Text(args[i])}'"));
                return;
            }
        }

        session.Protocol = (int)protocol;
        reply.Protocol = (int)protocol;
        if (name is not null) session.Name = name;
        Greet(command);
    }

    private static void Greet(NodeCommand command)
    {
        var reply = command.Reply;
        reply.Map(7);
        reply.Bulk("server"u8);
        reply.Bulk("redis"u8);
        reply.Bulk("version"u8);
        reply.Bulk(ServerCommands.RedisVersion);
        reply.Bulk("proto"u8);
        reply.Integer(command.Session.Protocol);
        reply.Bulk("id"u8);
        reply.Integer(command.Session.Id);
        reply.Bulk("mode"u8);
        reply.Bulk("standalone"u8);
        reply.Bulk("role"u8);
        reply.Bulk(ReplicationCommands.Leads(command) ? "master"u8 : "replica"u8);
        reply.Bulk("modules"u8);
        reply.Array(0);
    }

    private static void Select(NodeCommand command, in CommandArgs args)
    {
        if (command.Node.Map is { IsKnown: false } && !args[1].SequenceEqual("0"u8))
        {
            CommandErrors.MapUnknown(command.Reply);
        }
        else if (!Words.TryInteger(args[1], out var database) || database is < int.MinValue or > int.MaxValue)
        {
            if (command.Node.Map?.Keyspace(Words.Text(args[1])) is not { } keyspace)
            {
                // A client that meant a number is told what Redis tells.
                if (command.Node.Map is null || IsNumeral(args[1])) CommandErrors.NotAnInteger(command.Reply);
                else CommandErrors.NoKeyspace(command.Reply, args[1]);
                return;
            }

            command.Session.Select(keyspace.Database, keyspace.Name);
            command.Reply.Ok();
        }
        else if (database < 0 || database >= command.Node.DatabaseCount)
        {
            command.Reply.Error("ERR DB index is out of range"u8);
        }
        else if (command.Node.Map is { } map && map.KeyspaceOfDatabase((int)database) is null)
        {
            command.Reply.Error("ERR no keyspace has this number: KEYSPACE CREATE <name> DB <n> gives it one"u8);
        }
        else
        {
            command.Session.Select((int)database);
            command.Reply.Ok();
        }
    }

    private static void Quit(NodeCommand command, in CommandArgs args)
    {
        command.Reply.Ok();
        command.Session.WantsClose = true;
    }

    private static void Reset(NodeCommand command, in CommandArgs args)
    {
        command.Node.Channels.Leave(command.Session);
        command.Session.Reset();
        command.IsSilent = false;
        command.Reply.Protocol = command.Session.Protocol;
        command.Reply.Simple("RESET"u8);
    }

    /// <summary>Digits, perhaps with a sign, too many or not as Redis writes them; or nothing at all.</summary>
    private static bool IsNumeral(ReadOnlySpan<byte> word)
    {
        if (word.Length > 1 && word[0] is (byte)'+' or (byte)'-') word = word[1..];
        return !word.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool IsDefaultUser(ReadOnlySpan<byte> user) => user.SequenceEqual("default"u8);
}
