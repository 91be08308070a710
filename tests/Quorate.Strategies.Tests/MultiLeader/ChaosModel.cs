using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>What clients asked and were told, and what must be true because of it. Every element that is added is added
/// once.</summary>
internal sealed class ChaosModel
{
    public const string Causality = "which its maker had seen";
    public const string TooFewCopies = "was acknowledged with too few copies";
    public const string ShowsLess = "does not show any more what its clients have seen";
    public const string LostIncrement = "an acknowledged increment is lost";
    public const string LostElement = "an acknowledged element is lost";
    public const string LostCarried = "an element is lost that a node held which was never down since";
    public const string NotEqual = "all members hold the same in the end";

    private const int Sets = 4;

    private readonly MultiLeaderWorld _world;
    private readonly MultiLeaderOptions _options;
    private readonly Dictionary<long, Op> _waiting = [];
    private readonly Dictionary<int, Op> _adds = [];
    private readonly HashSet<int> _removalAsked = [];
    private readonly HashSet<int> _removed = [];
    private readonly Dictionary<NodeId, HashSet<int>> _mustSee = [];
    private readonly Dictionary<NodeId, HashSet<int>> _carried = [];
    private long _added;
    private long _acknowledgedSum;
    private long _mostSum;
    private int _next;

    public ChaosModel(MultiLeaderWorld world, MultiLeaderOptions options)
    {
        _world = world;
        _options = options;
        foreach (var node in world.World.Nodes.Keys) (_mustSee[node], _carried[node]) = ([], []);
        world.World.OnReply = OnReply;
    }

    private sealed record Op(string Kind, TestNode Node, int Element, Dot Dot, HashSet<int> After, HashSet<int> Shown);

    public int Answered { get; private set; }

    public int Reads { get; private set; }

    public void Ask(TestNode node, Prng dice)
    {
        if (!MultiLeaderWorld.Replica(node).IsLeader) return;
        var known = Visible(node);
        switch (dice.Below(10))
        {
            case < 4:
                var element = _next++;
                _added++;
                Send(node, "add", $"SADD s{element % Sets} {element}", element, known);
                break;
            case 4 when known.Count > 0:
                var victim = known.ElementAt(dice.Below(known.Count));
                _removalAsked.Add(victim);
                Send(node, "remove", $"SREM s{victim % Sets} {victim}", victim, known);
                break;
            case 5 or 6:
                _mostSum++;
                Send(node, "count", "INCR c", 0, known);
                break;
            case 7:
                Send(node, "other", dice.Below(5) == 0 ? "DEL d" : "INCRBY d 3", 0, known);
                break;
            case 8:
                Send(node, "other", dice.Below(3) == 0 ? "DEL r" : $"SET r v{_next++}", 0, known);
                break;
            default:
                var set = dice.Below(Sets);
                // Whoever was told of an element, or of an update of its own, is never told less.
                var must = _mustSee[node.Id].Where(e => e % Sets == set && !_removalAsked.Contains(e));
                must.Except(known).ShouldBeEmpty($"{node.Id} {ShowsLess}");
                Send(node, "read", $"SMEMBERS s{set}", set, known);
                break;
        }
    }

    private void Send(TestNode node, string kind, string line, int element, HashSet<int> known)
    {
        var after = kind == "add" ? known : [];
        var shown = kind == "read" ? known.Where(e => e % Sets == element).ToHashSet() : [];
        var lastDot = Machine(node).Seen.LastOf(node.Id);
        // The number is only known afterwards, and the answer may come at once.
        var op = new Op(kind, node, element, new Dot(node.Id, lastDot), after, shown);
        _pending = op;
        var id = _world.Ask(node.Id.Value, line);
        _pending = null;
        op = op with { Dot = new Dot(node.Id, Machine(node).Seen.LastOf(node.Id)) };
        if (kind == "add") _adds[element] = op;
        if (node.Outcomes.TryGetValue(id, out var outcome)) OnOutcome(op, outcome, id);
        else _waiting[id] = op;
    }

    private Op? _pending;

    private void OnReply(TestNode node, RequestId request, OutcomeKind kind)
    {
        if (_pending is null && _waiting.Remove(request.Value, out var op)) OnOutcome(op, kind.ToString(), request.Value);
    }

    private void OnOutcome(Op op, string outcome, long id)
    {
        if (outcome != "Done")
        {
            if (outcome.StartsWith("Unavailable", StringComparison.Ordinal) && op.Kind == "add") _adds.Remove(op.Element);
            return;
        }

        Answered++;
        var reply = _world.Replies[id];
        if (op.Kind == "add")
        {
            reply.ShouldBe("1");
            _adds[op.Element] = op with { Kind = "acknowledged" };
            _mustSee[op.Node.Id].Add(op.Element);
        }
        else if (op.Kind == "remove" && reply == "1") _removed.Add(op.Element);
        else if (op.Kind == "count") _acknowledgedSum++;
        else if (op.Kind == "read")
        {
            Reads++;
            // Without a journal, what another node made and lost may vanish again.
            if (_options.Durable) _mustSee[op.Node.Id].UnionWith(op.Shown);
        }

        if (op.Kind is "add" or "count" or "remove") RequireCopies(op);
    }

    /// <summary>As many members of the region as the policy names have it durably at the moment the client is told.</summary>
    private void RequireCopies(Op op)
    {
        if (_options.Ack == Ack.Async) return;
        var self = MultiLeaderWorld.Replica(op.Node);
        var region = _world.World.Nodes.Values
            .Where(n => n != op.Node
                && self.Configuration!.InSync.Contains(n.Id)
                && _options.RegionOf(n.Id) == _options.RegionOf(op.Node.Id)).ToList();
        var needed = _options.Ack switch
        {
            Ack.SemiSync => Math.Min(_options.AckBackups, region.Count),
            Ack.Majority => (region.Count + 1) / 2,
            _ => region.Count
        };
        if (op.Kind == "remove" && _world.Peek(op.Node.Id.Value, "GET c") is null) return;
        region.Count(n => MultiLeaderWorld.Replica(n).Journal.DurableSeen.Contains(op.Dot) || !_options.Durable)
            .ShouldBeGreaterThanOrEqualTo(needed, $"{op.Kind} {op.Element} {TooFewCopies}");
    }

    public void OnCrash(TestNode node)
    {
        foreach (var id in _waiting.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _waiting.Remove(id);
        if (_options.Durable) return;
        _mustSee[node.Id].Clear();
        _carried[node.Id].Clear();
    }

    /// <summary>A node that kept nothing is started again. What it made in the life that ended, and another has that serves and
    /// stays up from now on, is not lost: whoever begins anew asks that one before it says what is gone.</summary>
    public void OnStart(TestNode node)
    {
        if (_options.Durable) return;
        foreach (var other in _world.World.Nodes.Values)
        {
            if (other == node || !other.IsUp || !MultiLeaderWorld.Replica(other).IsLeader) continue;
            foreach (var element in Visible(other))
                if (_adds.TryGetValue(element, out var op) && op.Node == node && op.Dot.Incarnation == node.Incarnation)
                    _carried[other.Id].Add(element);
        }
    }

    /// <summary>Whatever a replica shows, it shows all that whoever made it had seen, unless that was removed.</summary>
    public void CheckCausality()
    {
        // What nobody remembers any more is missing for another reason.
        if (!_options.Durable) return;
        foreach (var node in _world.World.Nodes.Values)
        {
            if (!node.IsUp || !MultiLeaderWorld.Replica(node).IsLeader || !MultiLeaderWorld.Replica(node).Knowledge.IsCausal)
                continue;
            var shown = Visible(node);
            foreach (var element in shown)
            {
                if (!_adds.TryGetValue(element, out var op)) continue;
                foreach (var before in op.After)
                    if (!shown.Contains(before) && !_removalAsked.Contains(before))
                        throw new ShouldAssertException(
                            $"{node.Id} shows {element} and not {before}, {Causality}");
            }
        }
    }

    public bool IsEqual()
    {
        var nodes = _world.World.Nodes.Values.Where(n => MultiLeaderWorld.Replica(n).IsLeader).ToList();
        return nodes.TrueForAll(n => Machine(n).Seen.SetEquals(Machine(nodes[0]).Seen)
            && Machine(n).DigestOf(0, 0) == Machine(nodes[0]).DigestOf(0, 0)
            && !MultiLeaderWorld.Replica(n).Pulls.HasGaps)
            && _world.World.Nodes.Values.All(n => MultiLeaderWorld
                .Replica(n) is { IsConfigured: false } or { IsLeader: true } or { IsDrained: true });
    }

    /// <summary>Keys that differ between replicas, with what they hold.</summary>
    public string Differences()
    {
        var keys = (string[])["c", "d", "r", "s0", "s1", "s2", "s3"];
        return string.Join(
            "; ",
            keys.Select(k =>
                $"{k}: {string.Join(" | ", _world.World.Nodes.Values.Select(n => $"{n.Id} {_world.Peek(n.Id.Value, "SIBLINGS " + k)} {Digest(n, k)}"))}"));
    }

    private ulong Digest(TestNode node, string key)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        var part = (int)(Hash.Of(bytes) >> 52);
        return Machine(node).KeysOf(part).FirstOrDefault(k => k.Key.AsSpan().SequenceEqual(bytes)).Digest;
    }

    public void CheckEqual(IReadOnlyList<int> members)
    {
        foreach (var member in members)
            MultiLeaderWorld.Replica(_world[member]).IsLeader.ShouldBeTrue($"n{member} does not serve");
        var first = members[0];
        foreach (var member in members)
        {
            _world.Machine(member).Seen.ToString().ShouldBe(_world.Machine(first).Seen.ToString(), NotEqual);
            foreach (var key in (string[])["c", "d", "r"])
                _world.Peek(member, $"GET {key}").ShouldBe(_world.Peek(first, $"GET {key}"), $"{NotEqual}: {key}, n{first}");
            Visible(_world[member]).Order().ShouldBe(Visible(_world[first]).Order(), NotEqual);
            _world.Machine(member)
                .DigestOf(0, 0).ShouldBe(_world.Machine(first).DigestOf(0, 0), $"{NotEqual}: digests of n{member} and n{first}");
            MultiLeaderWorld.Replica(_world[member]).Knowledge.IsCausal.ShouldBeTrue();
        }

        var shown = Visible(_world[first]);
        var sum = long.TryParse(_world.Peek(first, "GET c"), out var c) ? c : 0;
        sum.ShouldBeLessThanOrEqualTo(_mostSum, "more was counted than was asked for");
        foreach (var element in _carried.Values.SelectMany(c => c).Except(_removalAsked))
            shown.ShouldContain(element, LostCarried);
        if (!_options.Durable) return;
        sum.ShouldBeGreaterThanOrEqualTo(_acknowledgedSum, LostIncrement);
        foreach (var (element, op) in _adds)
            if (op.Kind == "acknowledged" && !_removalAsked.Contains(element))
                shown.ShouldContain(element, LostElement);
        shown.Intersect(_removed).ShouldBeEmpty("what was removed is there again");
        CheckCausality();
    }

    /// <summary>Everybody has confirmed everything: nothing is kept but what can be seen.</summary>
    public void CheckForgotten(IReadOnlyList<int> members)
    {
        foreach (var member in members)
        {
            var store = _world.Machine(member).Store;
            store.ObjectCount.ShouldBe(store.Count, $"n{member} remembers what was removed");
        }
    }

    private StoreMachine Machine(TestNode node) => _world.Protocol.Machines[node.Id];

    private HashSet<int> Visible(TestNode node)
    {
        var all = new HashSet<int>();
        for (var set = 0; set < Sets; set++)
        {
            var text = _world.Peek(node.Id.Value, $"SMEMBERS s{set}").Trim('[', ']');
            foreach (var element in text.Split(", ", StringSplitOptions.RemoveEmptyEntries)) all.Add(int.Parse(element));
        }

        return all;
    }
}
