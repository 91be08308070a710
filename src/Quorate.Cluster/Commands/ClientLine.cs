using System.Text;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>The types that CLIENT LIST and CLIENT KILL tell apart.</summary>
internal enum ClientKind : byte
{
    Normal,
    Master,
    Replica,
    PubSub,
}

/// <summary>A connection as one line of CLIENT LIST, with Redis's field names in Redis's order.</summary>
internal static class ClientLine
{
    /// <summary>Nodes talk to each other over another port, so no client is a master or a replica.</summary>
    public static ClientKind KindOf(SessionState session) =>
        session.SubscriptionCount > 0 ? ClientKind.PubSub : ClientKind.Normal;

    public static bool TryParseKind(RespWriter reply, ReadOnlySpan<byte> word, out ClientKind kind)
    {
        kind = ClientKind.Normal;
        if (Words.Is(word, "NORMAL")) return true;
        kind = ClientKind.Master;
        if (Words.Is(word, "MASTER")) return true;
        kind = ClientKind.Replica;
        if (Words.Is(word, "REPLICA") || Words.Is(word, "SLAVE")) return true;
        kind = ClientKind.PubSub;
        if (Words.Is(word, "PUBSUB")) return true;
        reply.Error(Words.Bytes($"ERR Unknown client type '{Words.Text(word)}'"));
        return false;
    }

    /// <summary>Fields that this node does not measure (buffers, file descriptors) read as they do for an idle client;
    /// they are there because parsers expect them.</summary>
    public static void Append(StringBuilder text, SessionState session, StepTime now)
    {
        text.Append("id=").Append(session.Id)
            .Append(" addr=").Append(session.ClientAddress)
            .Append(" laddr=").Append(session.LocalAddress)
            .Append(" fd=-1 name=").Append(session.Name)
            .Append(" age=").Append(Seconds(session.ConnectedAt, now))
            .Append(" idle=").Append(Seconds(session.LastCommandAt, now))
            .Append(" flags=").Append(Flags(session))
            .Append(" db=").Append(session.Database)
            .Append(" sub=").Append(session.Channels.Count)
            .Append(" psub=").Append(session.Patterns.Count)
            .Append(" ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0")
            .Append(" events=r cmd=").Append(session.LastCommand)
            .Append(" user=default redir=-1 resp=").Append(session.Protocol)
            .Append(" lib-name=").Append(session.LibName)
            .Append(" lib-ver=").Append(session.LibVersion)
            .Append('\n');
    }

    public static long Seconds(StepTime since, StepTime now) =>
        Math.Max(0, (now.Nanoseconds - since.Nanoseconds) / (1000 * StepTime.NanosecondsPerMillisecond));

    private static string Flags(SessionState session)
    {
        var flags = session.SubscriptionCount > 0 ? "P" : "";
        if (session.IsBlocked) flags += "b";
        if (session.WantsClose) flags += "c";
        if (session.NoEvict) flags += "e";
        if (session.NoTouch) flags += "T";
        return flags.Length == 0 ? "N" : flags;
    }
}
