using System.Globalization;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Workloads;

namespace Quorate.Simulation.Merging;

/// <summary>
/// What clients ask of a keyspace whose data merges: few keys of every type, so that they meet; every value written once only, so
/// that it can be told which client wrote it, which replaced it, and that it did not come back.
/// </summary>
internal sealed class MergeWorkload(Prng prng, MergePlan plan)
{
    private readonly List<string> _members = [];
    private readonly Dictionary<int, (string Key, string Context)> _contexts = [];
    private long _unique;

    public static IReadOnlyList<string> Keys { get; } =
        ["set:0", "set:1", "register:0", "register:1", "hash:0", "zset:0", "ttl:0", "counter:0", "counter:1", "reset:0"];

    public Wish Next(int client)
    {
        if (_contexts.Remove(client, out var seen) && prng.Chance(700))
            return Write(seen.Key, "SET", seen.Key, Unique(client), "CONTEXT", seen.Context);
        var key = Keys[prng.Below(Keys.Count)];
        var isRead = prng.Chance(plan.World.ReadPerMille);
        var wish = isRead ? Reading(key) : KeyKinds.Of(key) switch
        {
            "set" => SetWrite(key, client),
            "register" => RegisterWrite(key, client),
            "hash" => HashWrite(key, client),
            "zset" => ZsetWrite(key, client),
            "ttl" => TtlWrite(key, client),
            "counter" => CounterWrite(key),
            _ => prng.Chance(700) ? Write(key, "INCRBY", key, $"{1 + prng.Below(9)}") : Write(key, "DEL", key),
        };
        if (!plan.ChoosesQuorums || !prng.Chance(100)) return wish;
        var words = wish.Words
            ?? (wish.Argument is null ? [wish.Kind == OperationKind.Get ? "GET" : "", key] : ["SET", key, wish.Argument]);
        var kind = isRead ? OperationKind.Read : OperationKind.Write;
        return new Wish(
            kind, key, null,
            ["QUORUM", "R", $"{1 + prng.Below(plan.Policy.N)}", "W", $"{1 + prng.Below(plan.Policy.N)}", .. words]);
    }

    /// <summary>A client that was shown siblings may answer with one value in place of them.</summary>
    public void OnAnswered(Operation operation)
    {
        if (operation is not { Outcome: OperationOutcome.Ok, Words: ["SIBLINGS", var key], Result: { } reply }) return;
        if (KeyKinds.Of(key) == "register" && reply.IndexOf('\n', StringComparison.Ordinal) is var end and > 0)
            _contexts[operation.Client] = (key, reply[..end]);
    }

    private Wish Reading(string key)
    {
        var read = KeyKinds.ReadOf(key)!;
        if (KeyKinds.Of(key) == "register" && prng.Chance(plan.IsLinearizable ? 1000 : 600))
            return new Wish(OperationKind.Get, key);
        return new Wish(OperationKind.Read, key, null, read);
    }

    private Wish SetWrite(string key, int client)
    {
        var die = prng.Below(100);
        if (die < 60 || _members.Count == 0)
        {
            var member = Unique(client);
            _members.Add(member);
            if (_members.Count > 40) _members.RemoveAt(0);
            return Write(key, "SADD", key, member);
        }

        return die < 96 ? Write(key, "SREM", key, _members[prng.Below(_members.Count)]) : Write(key, "DEL", key);
    }

    private Wish RegisterWrite(string key, int client)
    {
        var value = Unique(client) + (prng.Chance(40) ? new string('.', 200 + prng.Below(2000)) : "");
        if (plan.IsLinearizable) return new Wish(OperationKind.Set, key, value);
        return prng.Chance(850) ? Write(key, "SET", key, value) : Write(key, "DEL", key);
    }

    private Wish HashWrite(string key, int client)
    {
        var field = $"f{prng.Below(3)}";
        return prng.Below(10) switch
        {
            < 5 => Write(key, "HSET", key, field, Unique(client)),
            < 7 => Write(key, "HDEL", key, field),
            _ => Write(key, "HINCRBY", key, KeyKinds.Sum, $"{prng.Between(-5, 9)}"),
        };
    }

    private Wish ZsetWrite(string key, int client)
    {
        var member = $"m{prng.Below(3)}";
        return prng.Below(20) switch
        {
            < 12 => Write(key, "ZADD", key, (++_unique).ToString(CultureInfo.InvariantCulture), member),
            < 19 => Write(key, "ZREM", key, member),
            _ => Write(key, "DEL", key),
        };
    }

    private Wish TtlWrite(string key, int client) => prng.Below(10) switch
    {
        < 5 => Write(key, "SET", key, Unique(client)),
        < 8 => Write(key, "PEXPIRE", key, $"{100 + prng.Below(3000)}"),
        8 => Write(key, "PERSIST", key),
        _ => Write(key, "DEL", key),
    };

    private Wish CounterWrite(string key) => prng.Below(4) switch
    {
        0 => Write(key, "INCR", key),
        1 => Write(key, "DECR", key),
        2 => Write(key, "INCRBY", key, $"{prng.Below(100)}"),
        _ => Write(key, "DECRBY", key, $"{prng.Below(100)}"),
    };

    private static Wish Write(string key, params string[] words) => new(OperationKind.Write, key, null, words);

    private string Unique(int client) => string.Create(CultureInfo.InvariantCulture, $"v{client}.{++_unique}");
}
