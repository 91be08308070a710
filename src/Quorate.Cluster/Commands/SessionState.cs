using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>Whether a session hears the replies to its commands (CLIENT REPLY).</summary>
public enum ReplyMode : byte
{
    On,

    /// <summary>No command is answered until CLIENT REPLY ON.</summary>
    Off,

    /// <summary>The next command is not answered, the ones after it are.</summary>
    SkipNext,
}

/// <summary>
/// What a connection has said about itself: everything that commands of the same client may change and later commands
/// depend on. Owned by the client session, used under the node's lock only.
/// </summary>
public sealed class SessionState(long id, string clientAddress, string localAddress, StepTime connectedAt)
{
    private readonly List<string> _channels = [];
    private readonly List<string> _patterns = [];

    /// <summary>CLIENT ID: 1 and up, never reused while the node runs.</summary>
    public long Id { get; } = id;

    /// <summary><c>host:port</c> of the client.</summary>
    public string ClientAddress { get; } = clientAddress;

    /// <summary><c>host:port</c> the client connected to.</summary>
    public string LocalAddress { get; } = localAddress;

    public StepTime ConnectedAt { get; } = connectedAt;

    public StepTime LastCommandAt { get; private set; } = connectedAt;

    /// <summary>Full name of the last command in lower case, e.g. <c>client|list</c>; <c>NULL</c> before the first.</summary>
    public string LastCommand { get; private set; } = "NULL";

    /// <summary>CLIENT SETNAME; empty when none was given.</summary>
    public string Name { get; set; } = "";

    /// <summary>CLIENT SETINFO lib-name; empty when none was given.</summary>
    public string LibName { get; set; } = "";

    /// <summary>CLIENT SETINFO lib-ver; empty when none was given.</summary>
    public string LibVersion { get; set; } = "";

    /// <summary>The number of the database chosen with SELECT; 0 until then, -1 for a keyspace without a number.</summary>
    public int Database { get; private set; }

    /// <summary>The keyspace that was selected by its name; null: by number.</summary>
    public string? Keyspace { get; private set; }

    /// <summary>Another keyspace was selected than the one that commands are routed to.</summary>
    public bool HasMoved { get; set; }

    public void Select(int database, string? keyspace = null) => (Database, Keyspace, HasMoved) = (database, keyspace, true);

    /// <summary>What this connection's reads may return (READS); null: what the keyspace's policy says.</summary>
    public ReadRule? Reads { get; private set; }

    /// <summary>How far in the history of each keyspace's group the connection has seen.</summary>
    public SessionPositions Positions { get; } = new();

    /// <summary>What the connection writes and reads is noted in <see cref="Positions"/>, whatever the rule.</summary>
    public bool FollowsHistory { get; set; }

    public void ReadBy(ReadRule? rule) => (Reads, HasMoved) = (rule, true);

    /// <summary>2 or 3, chosen with HELLO. Code that writes to this client sets <c>RespWriter.Protocol</c> to it.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>CLIENT NO-EVICT. Kept and shown; no client is evicted, so there is nothing to spare it from.</summary>
    public bool NoEvict { get; set; }

    /// <summary>CLIENT NO-TOUCH. Kept and shown.</summary>
    public bool NoTouch { get; set; }

    public ReplyMode ReplyMode { get; set; }

    /// <summary>True while a command of this session waits (WAIT, WAITAOF).</summary>
    public bool IsBlocked { get; internal set; }

    /// <summary>Close the connection once all that is in its output has been sent (QUIT, CLIENT KILL).</summary>
    public bool WantsClose { get; set; }

    /// <summary>Channels subscribed to, oldest subscription first. Names are bytes, one per char.</summary>
    public IReadOnlyList<string> Channels => _channels;

    /// <summary>Patterns subscribed to, oldest subscription first. Names are bytes, one per char.</summary>
    public IReadOnlyList<string> Patterns => _patterns;

    public int SubscriptionCount => _channels.Count + _patterns.Count;

    /// <summary>True when only subscription commands, PING, QUIT and RESET may be executed: in RESP2 a subscriber's
    /// connection carries messages where replies would be.</summary>
    public bool IsSubscriberOnly => Protocol < 3 && SubscriptionCount > 0;

    /// <summary>Notes that a command begins. Call once for each command, wherever it is executed.</summary>
    /// <param name="fullName">The name as COMMAND INFO spells it, e.g. <c>get</c> or <c>client|list</c>.</param>
    /// <param name="now">The time of the step.</param>
    /// <returns>True when the reply to this command is not wanted and must be thrown away.</returns>
    public bool BeginCommand(string fullName, StepTime now)
    {
        LastCommand = fullName;
        LastCommandAt = now;
        if (ReplyMode == ReplyMode.On) return false;
        if (ReplyMode == ReplyMode.SkipNext) ReplyMode = ReplyMode.On;
        return true;
    }

    /// <summary>What RESET forgets, subscriptions excepted: they are <see cref="Commands.Channels"/>' to undo.</summary>
    internal void Reset()
    {
        Name = "";
        Select(0);
        Reads = null;
        FollowsHistory = false;
        Positions.Clear();
        Protocol = 2;
        NoTouch = false;
        ReplyMode = ReplyMode.On;
    }

    internal bool AddChannel(string channel) => Add(_channels, channel);

    internal bool AddPattern(string pattern) => Add(_patterns, pattern);

    internal bool RemoveChannel(string channel) => _channels.Remove(channel);

    internal bool RemovePattern(string pattern) => _patterns.Remove(pattern);

    private static bool Add(List<string> list, string name)
    {
        if (list.Contains(name)) return false;
        list.Add(name);
        return true;
    }
}
