using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>Publishing and subscribing among the clients of one node; see <see cref="Channels"/> for how far messages
/// go.</summary>
internal static class PubSubCommands
{
    public static readonly NodeCommandEntry[] Entries =
    [
        Command("subscribe", -2, PubSub | NoScript | Loading | Stale, "pubsub", "2.0.0",
            "Listens to channels of this node", Subscribe),
        Command("unsubscribe", -1, PubSub | NoScript | Loading | Stale, "pubsub", "2.0.0",
            "Stops listening to channels", Unsubscribe),
        Command("psubscribe", -2, PubSub | NoScript | Loading | Stale, "pubsub", "2.0.0",
            "Listens to the channels of this node that match patterns", SubscribePatterns),
        Command("punsubscribe", -1, PubSub | NoScript | Loading | Stale, "pubsub", "2.0.0",
            "Stops listening to patterns", UnsubscribePatterns),
        Command("publish", 3, PubSub | Loading | Stale | Fast, "pubsub", "2.0.0",
            "Sends a message to a channel's listeners on this node", Publish,
            complexity: "O(N+M) where N is the number of listeners and M the number of patterns"),
        Container("pubsub", "pubsub", "2.8.0", "A container for commands about channels",
            Sub("channels", -2, ChannelNames),
            Sub("numpat", 2, (NodeCommand command, in CommandArgs _) =>
                command.Reply.Integer(command.Node.Channels.PatternCount)),
            Sub("numsub", -2, SubscriberCounts),
            Help("pubsub", "pubsub",
                "CHANNELS [<pattern>]",
                "    Return the currently active channels matching a <pattern> (default: '*').",
                "NUMPAT", "    Return number of subscriptions to patterns.",
                "NUMSUB [<channel> ...]", "    Return the number of subscribers for the specified channels, excluding",
                "    pattern subscriptions(default: no channels).")),
    ];

    private static NodeCommandEntry Sub(string name, int arity, NodeCommandHandler handler) =>
        Command($"pubsub|{name}", arity, PubSub | Loading | Stale, "pubsub", "2.8.0",
            "Tells of the channels and listeners of this node", handler);

    private static void Subscribe(NodeCommand command, in CommandArgs args)
    {
        for (var i = 1; i < args.Count; i++)
        {
            command.Node.Channels.Subscribe(command.Session, Words.Text(args[i]));
            Confirm(command, "subscribe"u8, args[i]);
        }
    }

    private static void SubscribePatterns(NodeCommand command, in CommandArgs args)
    {
        for (var i = 1; i < args.Count; i++)
        {
            command.Node.Channels.SubscribePattern(command.Session, Words.Text(args[i]));
            Confirm(command, "psubscribe"u8, args[i]);
        }
    }

    private static void Unsubscribe(NodeCommand command, in CommandArgs args)
    {
        if (args.Count == 1 && command.Session.Channels.Count == 0) ConfirmNothing(command, "unsubscribe"u8);
        string[] names = args.Count == 1 ? [.. command.Session.Channels] : Names(args);
        foreach (var name in names)
        {
            command.Node.Channels.Unsubscribe(command.Session, name);
            Confirm(command, "unsubscribe"u8, Words.Bytes(name));
        }
    }

    private static void UnsubscribePatterns(NodeCommand command, in CommandArgs args)
    {
        if (args.Count == 1 && command.Session.Patterns.Count == 0) ConfirmNothing(command, "punsubscribe"u8);
        string[] names = args.Count == 1 ? [.. command.Session.Patterns] : Names(args);
        foreach (var name in names)
        {
            command.Node.Channels.UnsubscribePattern(command.Session, name);
            Confirm(command, "punsubscribe"u8, Words.Bytes(name));
        }
    }

    private static void Publish(NodeCommand command, in CommandArgs args) =>
        command.Reply.Integer(command.Node.Channels.Publish(command.Node, args[1], args[2]));

    private static void ChannelNames(NodeCommand command, in CommandArgs args)
    {
        if (args.Count > 3)
        {
            CommandErrors.WrongArity(command.Reply, "pubsub|channels");
            return;
        }

        var pattern = args.Count == 3 ? args[2].ToArray() : "*"u8.ToArray();
        var names = command.Node.Channels.ChannelNames.Select(Words.Bytes).Where(n => Glob.Matches(pattern, n)).ToArray();
        command.Reply.Array(names.Length);
        foreach (var name in names) command.Reply.Bulk(name);
    }

    private static void SubscriberCounts(NodeCommand command, in CommandArgs args)
    {
        command.Reply.Array((args.Count - 2) * 2);
        for (var i = 2; i < args.Count; i++)
        {
            command.Reply.Bulk(args[i]);
            command.Reply.Integer(command.Node.Channels.SubscriberCount(Words.Text(args[i])));
        }
    }

    /// <summary>A push, not a reply, so that a RESP3 client does not take it for the answer to another command.</summary>
    private static void Confirm(NodeCommand command, ReadOnlySpan<byte> what, ReadOnlySpan<byte> name)
    {
        command.Reply.Push(3);
        command.Reply.Bulk(what);
        command.Reply.Bulk(name);
        command.Reply.Integer(command.Session.SubscriptionCount);
    }

    private static void ConfirmNothing(NodeCommand command, ReadOnlySpan<byte> what)
    {
        command.Reply.Push(3);
        command.Reply.Bulk(what);
        command.Reply.Null();
        command.Reply.Integer(command.Session.SubscriptionCount);
    }

    private static string[] Names(in CommandArgs args)
    {
        var names = new string[args.Count - 1];
        for (var i = 0; i < names.Length; i++) names[i] = Words.Text(args[i + 1]);
        return names;
    }
}
