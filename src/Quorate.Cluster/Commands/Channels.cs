using Quorate.Data.Commands;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>
/// The clients of this node that listen to channels, and delivery to them. Messages stay on the node where they are published:
/// they are not replicated, and subscribers on other nodes do not get them. Names are bytes, one per char. One caller at a time.
/// </summary>
public sealed class Channels
{
    private readonly Dictionary<string, List<SessionState>> _channels = new(StringComparer.Ordinal);

    /// <summary>Sorted, because messages are delivered in this order.</summary>
    private readonly SortedDictionary<string, List<SessionState>> _patterns = new(StringComparer.Ordinal);

    private readonly RespWriter _message = new();

    /// <summary>Channels with at least one subscriber, in alphabetical order.</summary>
    public IReadOnlyList<string> ChannelNames => [.. _channels.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Different patterns that clients subscribed to.</summary>
    public int PatternCount => _patterns.Count;

    public int SubscriberCount(string channel) => _channels.TryGetValue(channel, out var sessions) ? sessions.Count : 0;

    public void Subscribe(SessionState session, string channel)
    {
        if (session.AddChannel(channel)) Add(_channels, channel, session);
    }

    public void SubscribePattern(SessionState session, string pattern)
    {
        if (session.AddPattern(pattern)) Add(_patterns, pattern, session);
    }

    public void Unsubscribe(SessionState session, string channel)
    {
        if (session.RemoveChannel(channel)) Remove(_channels, channel, session);
    }

    public void UnsubscribePattern(SessionState session, string pattern)
    {
        if (session.RemovePattern(pattern)) Remove(_patterns, pattern, session);
    }

    /// <summary>Ends all subscriptions of a session: it reset itself or is gone.</summary>
    public void Leave(SessionState session)
    {
        while (session.Channels.Count > 0) Unsubscribe(session, session.Channels[^1]);
        while (session.Patterns.Count > 0) UnsubscribePattern(session, session.Patterns[^1]);
    }

    /// <summary>Delivers a message to the subscribers on this node.</summary>
    /// <returns>How many deliveries were made; a session that listens in two ways gets two.</returns>
    public int Publish(INodeView node, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        var delivered = 0;
        if (_channels.TryGetValue(Words.Text(channel), out var subscribers))
        {
            foreach (var session in subscribers)
            {
                Begin(session, 3);
                _message.Bulk("message"u8);
                Deliver(node, session, channel, message);
            }

            delivered = subscribers.Count;
        }

        foreach (var (pattern, sessions) in _patterns)
        {
            var name = Words.Bytes(pattern);
            if (!Glob.Matches(name, channel)) continue;
            foreach (var session in sessions)
            {
                Begin(session, 4);
                _message.Bulk("pmessage"u8);
                _message.Bulk(name);
                Deliver(node, session, channel, message);
            }

            delivered += sessions.Count;
        }

        _message.Clear();
        return delivered;
    }

    private void Begin(SessionState session, int values)
    {
        _message.Clear();
        _message.Protocol = session.Protocol;
        _message.Push(values);
    }

    private void Deliver(INodeView node, SessionState session, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        _message.Bulk(channel);
        _message.Bulk(message);
        node.Push(session, _message.Written.Span);
    }

    private static void Add(IDictionary<string, List<SessionState>> map, string name, SessionState session)
    {
        if (!map.TryGetValue(name, out var sessions)) map[name] = sessions = [];
        sessions.Add(session);
    }

    private static void Remove(IDictionary<string, List<SessionState>> map, string name, SessionState session)
    {
        var sessions = map[name];
        sessions.Remove(session);
        if (sessions.Count == 0) map.Remove(name);
    }
}
