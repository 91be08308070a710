using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>CLIENT KILL in its old form (one address) and its new one (filters, all of which must match).</summary>
internal static class ClientKill
{
    public static void Execute(NodeCommand command, in CommandArgs args)
    {
        if (args.Count == 3) KillAddress(command, Words.Text(args[2]));
        else KillMatching(command, args);
    }

    private static void KillAddress(NodeCommand command, string address)
    {
        var session = command.Node.Sessions.FirstOrDefault(s => s.ClientAddress == address);
        if (session is null)
        {
            command.Reply.Error("ERR No such client"u8);
            return;
        }

        Kill(command, session);
        command.Reply.Ok();
    }

    private static void KillMatching(NodeCommand command, in CommandArgs args)
    {
        if (!TryParse(command, args, out var filter)) return;
        var killed = 0;
        foreach (var session in command.Node.Sessions.ToArray())
        {
            if (!filter.Matches(session, command)) continue;
            Kill(command, session);
            killed++;
        }

        command.Reply.Integer(killed);
    }

    /// <summary>A client that kills itself still gets the answer.</summary>
    private static void Kill(NodeCommand command, SessionState session)
    {
        session.WantsClose = true;
        if (!ReferenceEquals(session, command.Session)) command.Node.Close(session);
    }

    private static bool TryParse(NodeCommand command, in CommandArgs args, out Filter filter)
    {
        filter = new Filter();
        var reply = command.Reply;
        for (var i = 2; i < args.Count; i += 2)
        {
            if (i + 1 >= args.Count)
            {
                CommandErrors.Syntax(reply);
                return false;
            }

            var value = args[i + 1];
            if (Words.Is(args[i], "ID"))
            {
                if (!Words.TryInteger(value, out var id) || id < 1)
                {
                    reply.Error("ERR client-id should be greater than 0"u8);
                    return false;
                }

                filter.Id = id;
            }
            else if (Words.Is(args[i], "MAXAGE"))
            {
                if (!Words.TryInteger(value, out var age))
                {
                    reply.Error("ERR maxage is not an integer or out of range"u8);
                    return false;
                }

                filter.MaxAgeSeconds = age;
            }
            else if (Words.Is(args[i], "TYPE"))
            {
                if (!ClientLine.TryParseKind(reply, value, out var kind)) return false;
                filter.Kind = kind;
            }
            else if (Words.Is(args[i], "ADDR"))
            {
                filter.Address = Words.Text(value);
            }
            else if (Words.Is(args[i], "LADDR"))
            {
                filter.LocalAddress = Words.Text(value);
            }
            else if (Words.Is(args[i], "USER"))
            {
                if (!value.SequenceEqual("default"u8))
                {
                    reply.Error(Words.Bytes($"ERR No such user '{Words.Text(value)}'"));
                    return false;
                }
            }
            else if (Words.Is(args[i], "SKIPME") && (Words.Is(value, "YES") || Words.Is(value, "NO")))
            {
                filter.SkipMe = Words.Is(value, "YES");
            }
            else
            {
                CommandErrors.Syntax(reply);
                return false;
            }
        }

        return true;
    }

    private sealed class Filter
    {
        public long? Id;
        public long? MaxAgeSeconds;
        public ClientKind? Kind;
        public string? Address;
        public string? LocalAddress;
        public bool SkipMe = true;

        public bool Matches(SessionState session, NodeCommand command) =>
            (Id is null || session.Id == Id)
            && (Kind is null || ClientLine.KindOf(session) == Kind)
            && (Address is null || session.ClientAddress == Address)
            && (LocalAddress is null || session.LocalAddress == LocalAddress)
            && (MaxAgeSeconds is null || ClientLine.Seconds(session.ConnectedAt, command.Now) >= MaxAgeSeconds)
            && !(SkipMe && ReferenceEquals(session, command.Session));
    }
}
