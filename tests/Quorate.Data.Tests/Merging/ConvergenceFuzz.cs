using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Tests.Merging;

/// <summary>What a run does besides commands and deltas; and the bugs that canaries bring in.</summary>
internal sealed record FuzzPlan
{
    public int Steps { get; init; } = 250;

    public ConflictRule Conflicts { get; init; } = ConflictRule.Crdt;

    /// <summary>Replicas lose their memory and come back empty.</summary>
    public bool LosesMemory { get; init; }

    public bool ReusesDots { get; init; }

    /// <summary>What a replica only believes everybody to have seen: what it has seen itself.</summary>
    public bool CollectsEarly { get; init; }

    public Func<int, MergeRules> RulesOf { get; init; } = _ => MergeRules.Papers;
}

/// <summary>
/// Three replicas, random commands, deltas that are lost, doubled and reordered, keys and whole states exchanged, restarts; then
/// everybody learns everything. What they hold must be the same, and be what the model says. Throws what it finds.
/// </summary>
internal sealed class ConvergenceFuzz
{
    private const int Replicas = 3;
    private static readonly string[] Keys = ["r", "c", "d", "s", "h", "z", "t"];

    private readonly Prng _dice;
    private readonly FuzzPlan _plan;
    private readonly MergeReplica[] _replicas;
    private readonly HashSet<int>[] _seen = new HashSet<int>[Replicas];
    private readonly List<(int To, byte[] Delta, Op Op)> _flying = [];
    private readonly List<(string Key, string Context, HashSet<int> Ops)> _contexts = [];
    private readonly List<byte[]> _sent = [];
    private readonly ReferenceModel _model = new();
    private readonly int[] _lives = new int[Replicas];
    private int _values;

    public ConvergenceFuzz(ulong seed, FuzzPlan plan)
    {
        _dice = new Prng(seed);
        _plan = plan;
        _replicas = [.. Enumerable.Range(1, Replicas).Select(n =>
            new MergeReplica(n, new MergingStoreOptions { Conflicts = plan.Conflicts, Rules = plan.RulesOf(n) }))];
        for (var i = 0; i < Replicas; i++) _seen[i] = [];
    }

    public int Commands { get; private set; }

    public int Refused { get; private set; }

    public void Run()
    {
        for (var step = 0; step < _plan.Steps; step++) Step();
        Heal();
        Check();
    }

    private void Step()
    {
        var at = _dice.Below(Replicas);
        switch (_dice.Below(100))
        {
            case < 45:
                // Clocks that differ, stand still, and sometimes agree to the millisecond.
                _replicas[at].Wall += _dice.Below(3) == 0 ? _dice.Below(3) : 0;
                Command(at);
                break;
            case < 88:
                DeliverOne();
                break;
            case < 92:
                SyncKey(at, (at + 1 + _dice.Below(Replicas - 1)) % Replicas, Keys[_dice.Below(Keys.Length)]);
                break;
            case < 94:
                Sync(at, (at + 1 + _dice.Below(Replicas - 1)) % Replicas);
                break;
            case < 97:
                Collect(at);
                break;
            case < 99:
                _replicas[at].Restart();
                break;
            default:
                if (_plan.LosesMemory) LoseMemory(at);
                break;
        }
    }

    private void Command(int at)
    {
        var key = Keys[_dice.Below(Keys.Length)];
        var (replica, seen) = (_replicas[at], _seen[at]);
        Commands++;
        var element = $"e{_dice.Below(4)}";
        var value = $"v{_values++}";
        long by = _dice.Between(-5, 9);
        // A key of every type that is only written, one that is removed as well, and one whose type changes.
        Op? op = key switch
        {
            "r" => Text(at, key, value),
            "c" =>
                Done(replica, $"INCRBY c {by}") ? _model.Record((at, _lives[at]), seen, key, OpKind.Add, "string", by: by) : null,
            "d" when _plan.LosesMemory => null,
            "d" =>
                _dice.Below(5) == 0 ? Delete(at, key) : Done(replica, $"INCRBY d {by}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Add, "string", by: by) : null,
            "s" => _dice.Below(8) == 0 ? Delete(at, key) : Member(at, key, element),
            "h" => _dice.Below(12) == 0 && !_plan.LosesMemory ? Delete(at, key) : Field(at, key, element, value, by),
            "z" => _dice.Below(12) == 0 && !_plan.LosesMemory ? Delete(at, key) : Score(at, key, element, by),
            _ => _dice.Below(5) switch
            {
                0 => Text(at, key, value),
                1 => Delete(at, key),
                2 => Field(at, key, element, value, by),
                3 => Score(at, key, element, by),
                _ => Member(at, key, element),
            },
        };
        if (op is null)
        {
            Refused++;
            return;
        }

        _sent.Add(replica.Delta!);
        for (var to = 0; to < Replicas; to++)
            if (to != at && _dice.Chance(800)) _flying.Add((to, replica.Delta!, op));
    }

    private Op? Text(int at, string key, string value)
    {
        var (replica, seen) = (_replicas[at], _seen[at]);
        if (_plan.Conflicts == ConflictRule.Siblings && key != "r") return null;
        if (_plan.Conflicts == ConflictRule.Siblings)
        {
            if (_dice.Below(3) == 0)
                _contexts.Add((key, replica.Do($"SIBLINGS {key}").Split(',')[0][1..],
                    [.. _model.Surviving(seen, key, "string").Select(o => o.Id)]));
            if (_contexts.Count > 0 && _dice.Chance(400))
            {
                var (_, context, ops) = _contexts[_dice.Below(_contexts.Count)];
                // What the client has seen, and this replica has not heard of, it cannot replace.
                return Done(replica, $"SET {key} {value} CONTEXT {context}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Assign, "string", value: value,
                        over: [.. ops.Where(seen.Contains)]) : null;
            }

            var shown = replica.Do($"GET {key}");
            var over = _model.Ops.Where(o => o.Value == shown).Select(o => o.Id).ToHashSet();
            return Done(replica, $"SET {key} {value}")
                ? _model.Record((at, _lives[at]), seen, key, OpKind.Assign, "string", value: value, over: over) : null;
        }

        return Done(replica, $"SET {key} {value}")
            ? _model.Record((at, _lives[at]), seen, key, OpKind.Assign, "string", value: value) : null;
    }

    private Op? Delete(int at, string key) =>
        _replicas[at].Do($"DEL {key}") == "1" ? _model.Record((at, _lives[at]), _seen[at], key, OpKind.Remove, "") : null;

    private Op? Member(int at, string key, string element)
    {
        var (replica, seen) = (_replicas[at], _seen[at]);
        if (_dice.Below(3) == 0)
            return replica.Do($"SREM {key} {element}") == "1"
                ? _model.Record((at, _lives[at]), seen, key, OpKind.Remove, "set", element) : null;
        return Done(replica, $"SADD {key} {element}") ? _model.Record((at, _lives[at]), seen, key, OpKind.Insert, "set", element)
            : null;
    }

    private Op? Field(int at, string key, string field, string value, long by)
    {
        var (replica, seen) = (_replicas[at], _seen[at]);
        return _dice.Below(4) switch
        {
            0 =>
                Done(replica, $"HSET {key} {field} {value}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Assign, "hash", field, value) : null,
            1 when !_plan.LosesMemory =>
                replica.Do($"HDEL {key} {field}") == "1"
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Remove, "hash", field) : null,
            2 =>
                Done(replica, $"HINCRBY {key} n{field} {by}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Add, "hash", "n" + field, by: by) : null,
            _ when _plan.LosesMemory => null,
            _ =>
                replica.Do($"HDEL {key} n{field}") == "1"
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Remove, "hash", "n" + field) : null,
        };
    }

    private Op? Score(int at, string key, string member, long by)
    {
        var (replica, seen) = (_replicas[at], _seen[at]);
        return _dice.Below(_plan.LosesMemory ? 1 : 3) switch
        {
            0 =>
                Done(replica, $"ZINCRBY {key} {by} {member}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Add, "zset", member, by: by) : null,
            1 =>
                Done(replica, $"ZADD {key} {1000 * _values++} {member}")
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Assign, "zset", member, $"{1000 * (_values - 1)}") : null,
            _ =>
                replica.Do($"ZREM {key} {member}") == "1"
                    ? _model.Record((at, _lives[at]), seen, key, OpKind.Remove, "zset", member) : null,
        };
    }

    /// <summary>False: an error, which begins with a minus and a word; a number may begin with a minus as well.</summary>
    private static bool Done(MergeReplica replica, string line) => replica.Do(line) is not ['-', >= 'A' and <= 'Z', ..];

    private void DeliverOne()
    {
        if (_flying.Count == 0) return;
        var i = _dice.Below(_flying.Count);
        var (to, delta, op) = _flying[i];
        if (!_dice.Chance(200)) _flying.RemoveAt(i);
        if (_replicas[to].Merge(delta).Kind is var kind && kind is not (MergeKind.Merged or MergeKind.Known))
            throw new ShouldAssertException($"a delta is {kind}");
        _model.Deliver(op, _seen[to]);
    }

    private void SyncKey(int to, int from, string key)
    {
        _replicas[to].SyncKeyFrom(_replicas[from], key);
        foreach (var id in _seen[from])
            if (_model.Ops[id].Key == key) _seen[to].Add(id);
    }

    private void Sync(int to, int from)
    {
        _replicas[to].SyncFrom(_replicas[from], budgetBytes: 64);
        _seen[to].UnionWith(_seen[from]);
    }

    private void Collect(int at)
    {
        var stable = _replicas[at].Store.Seen.ToVersionVector();
        if (!_plan.CollectsEarly)
            foreach (var other in _replicas) stable = VersionVector.Meet(stable, other.Store.Seen.ToVersionVector());
        _replicas[at].Store.Collect(stable);
    }

    private void LoseMemory(int at)
    {
        _replicas[at].LoseMemory(_plan.ReusesDots);
        _lives[at]++;
        _seen[at].Clear();
    }

    private void Heal()
    {
        for (var round = 0; round < 2; round++)
            for (var to = 0; to < Replicas; to++)
                for (var from = 0; from < Replicas; from++)
                    if (to != from) Sync(to, from);
        foreach (var replica in _replicas)
        {
            foreach (var closed in replica.CloseGaps())
                foreach (var other in _replicas) other.Merge(closed);
        }
    }

    private void Check()
    {
        RequireSame("after everybody learnt everything");
        var known = _seen.Aggregate(new HashSet<int>(), (all, one) => [.. all, .. one]);
        foreach (var key in Keys) CheckKey(known, key);

        // Now nobody waits for anything: nothing but what can be seen may be left.
        for (var i = 0; i < Replicas; i++) Collect(i);
        for (var i = 0; i < Replicas; i++) Collect(i);
        RequireSame("after collecting");
        foreach (var replica in _replicas)
            if (replica.Store.ObjectCount != replica.Store.Count)
                throw new ShouldAssertException("a deleted key was not forgotten");

        // Messages that come late say nothing new.
        var before = _replicas[0].Store.DigestOf(0, 0);
        foreach (var late in _sent) _replicas[0].Merge(late);
        if (_replicas[0].Store.DigestOf(0, 0) != before) throw new ShouldAssertException("an old message changed something");
    }

    private void RequireSame(string when)
    {
        var first = _replicas[0];
        foreach (var other in _replicas)
        {
            if (other.Dump() is var dump && dump != first.Dump())
                throw new ShouldAssertException($"{when}: {first.Dump()}\n--- is not ---\n{dump}");
            if (other.Store.DigestOf(0, 0) != first.Store.DigestOf(0, 0))
                throw new ShouldAssertException($"{when}: digests differ");
            foreach (var key in Keys)
                if (other.Do($"GET {key}") != first.Do($"GET {key}"))
                    throw new ShouldAssertException($"{when}: GET {key} differs");
        }
    }

    private void CheckKey(HashSet<int> known, string key)
    {
        var values = _replicas[0].Values(key);
        var must = _model.Surviving(known, key, "string");
        var may = _model.Surviving(known, key, "string", byAll: false);
        foreach (var op in must.Where(o => o.Kind == OpKind.Assign))
            Require(values.Contains($"[string, {op.Value}]", StringComparison.Ordinal), known, key, $"{op.Value} is lost",
                values);
        Require(values.Split("[string").Length - 1 <= may.Count(o =>
            o.Kind == OpKind.Assign), known, key, "more strings than written", values);
        if (must.Any(o => o.Kind == OpKind.Add))
            Require(values.Contains($"[counter, {must.Where(o => o.Kind == OpKind.Add).Sum(o => o.By)}]",
                StringComparison.Ordinal), known, key, "the sum is wrong", values);
        foreach (var part in (string[])["set", "hash", "zset"]) CheckFields(known, key, part, values);
    }

    private void CheckFields(HashSet<int> known, string key, string part, string values)
    {
        var start = values.IndexOf($"[{part}, [", StringComparison.Ordinal);
        string[] words = start < 0 ? [] : values[(start + part.Length + 4)..values.IndexOf(']', start)].Split(", ");
        var there = words.Chunk(part == "set" ? 1 : 2).ToDictionary(p => p[0], p => p[^1]);
        foreach (var field in _model.FieldsOf(known, key, part))
            Require(there.ContainsKey(field), known, key, $"{part} has lost {field}", values);
        foreach (var field in there.Keys.Except(_model.FieldsOf(known, key, part, byAll: false)))
            Require(false, known, key, $"{part}: {field} came back", values);
        if (part == "set") return;
        foreach (var (field, value) in there)
        {
            var ops = _model.Surviving(known, key, part, field);
            if (ops.Count != _model.Surviving(known, key, part, field, byAll: false).Count) continue;
            var sum = ops.Where(o => o.Kind == OpKind.Add).Sum(o => o.By);
            var assigned = ops.Where(o => o.Kind == OpKind.Assign).Select(o => o.Value).ToList();
            // Of concurrent values any may have won: which one depends on the clocks.
            List<string> allowed = assigned.Count == 0 ? [$"{sum}"] : part == "zset"
                ? [.. assigned.Select(a => $"{long.Parse(a) + sum}")] : assigned;
            Require(allowed.Contains(value), known, key, $"{part} {field} is {value}, not {string.Join(" or ", allowed)}",
                values);
        }
    }

    private void Require(bool holds, HashSet<int> known, string key, string what, string values)
    {
        if (holds) return;
        var story = _model.Ops.Where(o => o.Key == key)
            .Select(o =>
                $"{(known.Contains(o.Id) ? ' ' : '?')}{o.Id} n{o.Origin + 1}.{o.Life} {o.Kind} {o.Part} {o.Field} " +
                $"{o.Value}{o.By} after {string.Join(' ', o.Observed.Where(i => _model.Ops[i].Key == key))}");
        throw new ShouldAssertException($"{key}: {what}; there is {values}\n{string.Join('\n', story)}");
    }
}
