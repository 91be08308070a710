using System.Collections.Concurrent;
using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>
/// One leaderless keyspace and what its clients write: items into sets, counters, registers that one client writes and the others
/// read, registers that all write.
/// </summary>
/// <param name="MayBeStale">r + w is not above n: a read may lack what was acknowledged before it began.</param>
internal sealed record LeaderlessKeyspace(string Name, string Policy, bool MayBeStale)
{
    private const int Sets = 40, Registers = 20, Shared = 10;

    private readonly ConcurrentDictionary<string, int> _newest = [];
    private int _reads;
    private int _stale;
    private int _sharedWrites;

    public Recorder Recorder { get; } = new();

    /// <summary>What one client does next.</summary>
    public void Step(NodeClient client)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{client.Id}-{client.Steps}");
        var die = client.Dice.Next(20);
        if (die < 5)
        {
            var set = $"set:{client.Dice.Next(Sets)}";
            client.Ask(OperationKind.Set, set, text, "SADD", set, text);
        }
        else if (die < 9)
        {
            var counter = $"counter:{client.Dice.Next(Sets)}";
            client.Ask(OperationKind.Increment, counter, null, "INCR", counter);
        }
        else if (die < 13)
        {
            var register = $"register:{client.Id}:{client.Dice.Next(Registers)}";
            var value = client.Steps.ToString(CultureInfo.InvariantCulture);
            if (client.Ask(OperationKind.GetSet, register, value, "SET", register, value) is not null)
                _newest[register] = client.Steps;
        }
        else if (die < 14)
        {
            var shared = $"shared:{client.Dice.Next(Shared)}";
            if (client.Ask(OperationKind.Append, shared, text, "SET", shared, text) is not null)
                Interlocked.Increment(ref _sharedWrites);
        }
        else if (_newest.Keys.Skip(client.Dice.Next(Math.Max(1, _newest.Count))).FirstOrDefault() is { } another)
            Read(client, another);
    }

    /// <summary>What was acknowledged before the read began must be in it, or it is stale.</summary>
    private void Read(NodeClient client, string register)
    {
        var expected = _newest[register];
        if (client.Ask(OperationKind.Get, register, null, "GET", register) is not { } reply) return;
        Interlocked.Increment(ref _reads);
        if (reply.IsNull || int.Parse(reply.Text, CultureInfo.InvariantCulture) < expected) Interlocked.Increment(ref _stale);
    }

    /// <summary>Prints the findings; true when nothing that was promised is broken.</summary>
    public bool Passes(int[] ports, long conflicts)
    {
        var lost = LostAtAnyNode(ports, TimeSpan.FromSeconds(60), out var seconds);
        var stale = 100.0 * _stale / Math.Max(1, _reads);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Name,-6} writes: {Recorder.AcknowledgedWrites} acknowledged; {Recorder.Count(OperationOutcome.Failed)} "
                + $"requests refused, {Recorder.Count(OperationOutcome.Unknown)} uncertain; lost {lost.Count}{Some(lost)}, "
                + $"all nodes say the same after {seconds:0.0} s"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"       reads of others' registers: {_reads}, stale {_stale} ({stale:0.000} %); writes of shared registers: "
                + $"{_sharedWrites}, that made siblings {conflicts} ({100.0 * conflicts / Math.Max(1, _sharedWrites):0.0} %)"));
        if (MayBeStale && _stale == 0) Console.WriteLine("       no read was stale: this run did not show what the policy says");
        return Recorder.AcknowledgedWrites > 0 && lost.Count == 0 && (MayBeStale || _stale == 0);
    }

    private List<string> LostAtAnyNode(int[] ports, TimeSpan limit, out double seconds)
    {
        var begin = DateTime.UtcNow;
        while (true)
        {
            var lost = ports.SelectMany(LostAt).Distinct().ToList();
            seconds = (DateTime.UtcNow - begin).TotalSeconds;
            if (lost.Count == 0 || seconds > limit.TotalSeconds) return lost;
            Thread.Sleep(500);
        }
    }

    private IEnumerable<string> LostAt(int port)
    {
        using var client = new KeyspaceUnderTest(Name, "").Open(port);
        var lost = new List<string>();
        foreach (var key in Recorder.Operations.Where(o => !o.IsRead).GroupBy(o => o.Key))
        {
            var acknowledged = key.Where(o => o.Outcome == OperationOutcome.Ok).ToList();
            if (key.Key.StartsWith("set:", StringComparison.Ordinal))
            {
                var held = Asked(client, "SMEMBERS", key.Key).Items!.Select(i => i.Text).ToHashSet();
                lost.AddRange(acknowledged.Where(o => !held.Contains(o.Argument!)).Select(o => $"{key.Key} {o.Argument}"));
            }
            else if (key.Key.StartsWith("counter:", StringComparison.Ordinal))
            {
                var reply = Asked(client, "GET", key.Key);
                if (EffectChecker.CheckCounter(key.Key, key, reply.IsNull ? null : reply.Text) is { } why) lost.Add(why);
            }
            else if (key.Key.StartsWith("register:", StringComparison.Ordinal) && acknowledged.Count > 0)
            {
                var reply = Asked(client, "GET", key.Key);
                if (reply.IsNull
                    || int.Parse(reply.Text, CultureInfo.InvariantCulture) < acknowledged.Max(o => int
                        .Parse(o.Argument!, CultureInfo.InvariantCulture)))
                    lost.Add(key.Key);
            }
        }

        return lost;
    }

    private static RespReply Asked(RespClient client, params string[] words) =>
        client.Call(words) is { IsError: false } reply
            ? reply : throw new InvalidOperationException($"the examination could not read {string.Join(' ', words)}");

    private static string Some(List<string> items) => items.Count == 0 ? "" : $" ({string.Join(", ", items.Take(5))})";
}
