using System.Text;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>The errors that clients get before any command is executed, in Redis's words: libraries search them.</summary>
public static class CommandErrors
{
    /// <summary>How much of a client's own words an error repeats, in bytes.</summary>
    private const int MostEcho = 128;

    public static void UnknownCommand(RespWriter reply, in CommandArgs args)
    {
        var text = new StringBuilder("ERR unknown command '").Append(Echo(args.Name, MostEcho))
            .Append("', with args beginning with: ");
        var room = MostEcho;
        for (var i = 1; i < args.Count && room > 0; i++)
        {
            var word = Echo(args[i], room);
            text.Append('\'').Append(word).Append("' ");
            room -= word.Length + 3;
        }

        reply.Error(Words.Bytes(text.ToString()));
    }

    /// <param name="reply">Where the error goes.</param>
    /// <param name="container">The command in lower case.</param>
    /// <param name="subcommand">The client's second word.</param>
    public static void UnknownSubcommand(RespWriter reply, string container, ReadOnlySpan<byte> subcommand) =>
        reply.Error(Words.Bytes(
            $"ERR unknown subcommand '{Echo(subcommand, MostEcho)}'. Try {container.ToUpperInvariant()} HELP."));

    /// <param name="reply">Where the error goes.</param>
    /// <param name="fullName">In lower case, e.g. <c>get</c> or <c>client|kill</c>.</param>
    public static void WrongArity(RespWriter reply, string fullName) =>
        reply.Error($"ERR wrong number of arguments for '{fullName}' command");

    /// <summary>See <see cref="SessionState.IsSubscriberOnly"/>.</summary>
    public static void NotWhileSubscribed(RespWriter reply, string fullName) =>
        reply.Error($"ERR Can't execute '{fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
            "are allowed in this context");

    /// <summary>The command concerns several groups of the selected keyspace, and none can execute it alone.</summary>
    internal static void SeveralGroups(RespWriter reply, CommandSpec spec)
    {
        if (spec.NamesKeys)
            reply.Error($"CROSSSLOT Keys in request don't hash to the same slot: '{spec.Name}' takes keys of one group only; "
                + $"keys with one {{tag}} are in one");
        else reply.Error($"ERR '{spec.Name}' is about all keys, and cannot be asked of a keyspace of several groups yet");
    }

    internal static void Syntax(RespWriter reply) => reply.Error("ERR syntax error"u8);

    internal static void NotAnInteger(RespWriter reply) => reply.Error("ERR value is not an integer or out of range"u8);

    /// <param name="reply">Where the error goes.</param>
    /// <param name="name">What the client took for one.</param>
    internal static void NoKeyspace(RespWriter reply, ReadOnlySpan<byte> name) =>
        reply.Error(Words.Bytes($"ERR there is no keyspace '{Echo(name, MostEcho)}': KEYSPACE LIST names all keyspaces"));

    internal static void MapUnknown(RespWriter reply) => reply.Error("LOADING this node does not know the keyspaces yet"u8);

    private static string Echo(ReadOnlySpan<byte> word, int most) =>
        Words.Text(word.Length > most ? word[..most] : word);
}
