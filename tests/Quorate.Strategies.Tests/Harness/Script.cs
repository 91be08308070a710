using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>
/// Runs a golden script: commands, each followed by the exact lines of trace that it caused, indented by two blanks, and comments
/// after
/// <c>#</c>. Knows nothing of any protocol but how to make a group of it.
/// <code>
/// cluster &lt;nodes&gt; [words for the protocol] request &lt;n&gt; write &lt;text&gt; | read [key] | transfer &lt;n&gt; |
/// members &lt;text&gt; campaign &lt;n&gt; tick [&lt;n&gt;] [times] deliver|drop|duplicate &lt;a&gt;-&gt;&lt;b&gt; [Type] deliver
/// all partition &lt;n&gt;.. | &lt;n&gt;..   heal               crash|restart|lose-unsynced &lt;n&gt;
/// hold &lt;n&gt;  sync &lt;n&gt; (its disk)   wait &lt;ms&gt;     stabilize [ticks]   state [&lt;n&gt;]
/// </code>
/// and the commands that a protocol has of its own.
/// </summary>
internal sealed class Script(
    Func<int,
    string[], IProtocol> create, Func<string, byte[]> encodeMembers, Func<World, string[], Action<string>,
    bool>? commandsOfItsOwn = null,
    Func<string, bool>? isNoise = null)
{
    private const string Indent = "  ";

    private readonly StringBuilder _text = new();
    private readonly List<HashSet<NodeId>> _sides = [];
    private World? _world;
    private long _nextRequest = 1;

    /// <summary>Executes the commands.</summary>
    /// <param name="script">With the lines of trace of an earlier run, or without.</param>
    /// <returns>The script with the lines of this run's trace under the commands that caused them; all else as it was.</returns>
    public string Run(string script)
    {
        foreach (var line in script.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith(Indent, StringComparison.Ordinal)) continue;
            _text.Append(line).Append('\n');
            if (line.Length == 0 || line[0] == '#') continue;
            Execute(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return _text.ToString();
    }

    private World World => _world ?? throw new InvalidOperationException("a script begins with: cluster <nodes>");

    private void Execute(string[] words)
    {
        switch (words[0])
        {
            case "cluster":
                var nodes = int.Parse(words[1]);
                _world = new World(create(nodes, words[2..]), nodes) { Trace = Note };
                _world.AfterStep = node => node.Replica.CheckInvariants();
                _world.StartAll();
                break;
            case "request":
                Request(Node(words[1]), words[2], string.Join(' ', words[3..]));
                break;
            case "campaign":
                World.Campaign(Node(words[1]));
                break;
            case "tick":
                Tick(words);
                break;
            case "wait":
                World.Advance(int.Parse(words[1]));
                break;
            case "deliver" when words[1] == "all":
                foreach (var envelope in World.Network.ToList()) Deliver(envelope);
                break;
            case "deliver":
                Deliver(Find(words));
                break;
            case "drop":
                var dropped = Find(words);
                World.Network.Remove(dropped);
                Note($"dropped {dropped.Text}");
                break;
            case "duplicate":
                var copied = Find(words);
                World.Network.Insert(World.Network.IndexOf(copied), copied with { });
                break;
            case "partition":
                _sides.Clear();
                foreach (var side in string.Join(' ', words[1..]).Split('|'))
                {
                    _sides.Add([.. side.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => Node(n).Id)]);
                }

                break;
            case "heal":
                _sides.Clear();
                break;
            case "crash":
                World.Crash(Node(words[1]));
                break;
            case "lose-unsynced":
                World.CrashAndLoseUnsynced(Node(words[1]));
                break;
            case "restart":
                World.Start(Node(words[1]));
                break;
            case "hold":
                Node(words[1]).SyncsAtOnce = false;
                break;
            case "sync":
                Node(words[1]).SyncsAtOnce = true;
                World.Sync(Node(words[1]));
                break;
            case "stabilize":
                Stabilize(words.Length > 1 ? int.Parse(words[1]) : 0);
                break;
            case "state":
                foreach (var node in World.Nodes.Values)
                {
                    if (words.Length == 1 || words[1] == node.Id.ToString())
                        Note(node.IsUp ? node.ToString() : $"{node.Id} is down");
                }

                break;
            default:
                if (commandsOfItsOwn?.Invoke(World, words, Note) == true) break;
                throw new InvalidOperationException($"not a command: {string.Join(' ', words)}");
        }
    }

    private void Request(TestNode node, string kind, string rest)
    {
        var id = _nextRequest++;
        switch (kind)
        {
            case "write":
                World.Write(node, id, rest);
                break;
            case "read":
                World.Request(node, id, RequestKind.Read, keyHash: World.KeyHash(rest + "="));
                break;
            case "transfer":
                World.Request(node, id, RequestKind.TransferLeadership, target: Node(rest).Id);
                break;
            case "members":
                World.Request(node, id, RequestKind.ChangeMembership, encodeMembers(rest));
                break;
            default:
                throw new InvalidOperationException($"not a request: {kind}");
        }
    }

    private void Tick(string[] words)
    {
        var one = words.Length > 1 && words[1][0] == 'n' ? Node(words[1]) : null;
        var times = words.Length > (one is null ? 1 : 2) ? int.Parse(words[^1]) : 1;
        for (var i = 0; i < times; i++)
        {
            if (one is null) World.TickAll();
            else
            {
                World.Advance(IReplica.TickLength);
                World.Tick(one);
            }
        }
    }

    private void Stabilize(int ticks)
    {
        DeliverUntilQuiet();
        for (var i = 0; i < ticks; i++)
        {
            World.TickAll();
            DeliverUntilQuiet();
        }
    }

    private void DeliverUntilQuiet()
    {
        while (World.Network.Count > 0) Deliver(World.Network[0]);
    }

    private void Deliver(Envelope envelope)
    {
        if (_sides.Count > 0 && !_sides.Exists(s => s.Contains(envelope.From) && s.Contains(envelope.To)))
        {
            World.Network.Remove(envelope);
            Note($"lost {envelope.From}->{envelope.To} {envelope.Text}");
            return;
        }

        World.Deliver(envelope);
    }

    private Envelope Find(string[] words)
    {
        var ends = words[1].Split("->");
        var (from, to) = (Node(ends[0]).Id, Node(ends[1]).Id);
        var type = words.Length > 2 ? words[2] + " " : "";
        return World.Network.Find(e => e.From == from && e.To == to && e.Text.StartsWith(type, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"nothing like {string.Join(' ', words[1..])} is on its way");
    }

    private TestNode Node(string name) => World[int.Parse(name.AsSpan(1))];

    private void Note(string line)
    {
        if (isNoise?.Invoke(line) != true) _text.Append(Indent).Append(line).Append('\n');
    }
}
