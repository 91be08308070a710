using System.Text.RegularExpressions;
using Quorate.Replication;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>
/// What clients did and saw. Reads are checked against a floor for each key: the newest write of it that was acknowledged, or
/// returned by a read that had ended, before the read began. With one total order of writes that is linearizability.
/// </summary>
internal sealed class ChainHistory(int keys)
{
    private readonly Dictionary<long, string> _applied = [];
    private readonly Dictionary<string, long> _indexOf = [];
    private readonly HashSet<string> _acknowledged = [];
    private readonly HashSet<string> _denied = [];
    private readonly Dictionary<long, (string Text, TestNode Node)> _waiting = [];
    private readonly Dictionary<long, (TestNode Node, int Key, long[] Floor)> _reads = [];
    private readonly long[] _floor = new long[keys];

    public int Acknowledged => _acknowledged.Count;

    public int Reads { get; private set; }

    public void OnApplied(TestNode node, LogIndex index, string text)
    {
        if (_applied.TryGetValue(index.Value, out var earlier))
            earlier.ShouldBe(text, "every replica applies the same entry at an index");
        else _applied[index.Value] = text;
        _indexOf[text] = index.Value;
    }

    /// <summary>A read ends in the very moment in which it is let go.</summary>
    public void OnTrace(string line)
    {
        var match = Regex.Match(line, @"replies r(\d+) ReadNow$");
        if (match.Success) EndRead(long.Parse(match.Groups[1].Value));
    }

    public void BeginWrite(long id, TestNode node, string text) => _waiting[id] = (text, node);

    public void BeginRead(long id, TestNode node, int key)
    {
        Collect();
        _reads[id] = (node, key, [.. _floor]);
    }

    public void EndRead(long id)
    {
        if (!_reads.Remove(id, out var read)) return;
        Reads++;
        for (var key = 0; key < keys; key++)
        {
            if (read.Key >= 0 && read.Key != key) continue;
            var seen = Newest(read.Node, key);
            seen.ShouldBeGreaterThanOrEqualTo(
                read.Floor[key], $"a linearizable read of k{key} at {read.Node.Id} returns a value from the past");
            _floor[key] = Math.Max(_floor[key], seen);
        }
    }

    /// <summary>Looks how requests ended.</summary>
    public void Collect()
    {
        foreach (var (id, (text, node)) in _waiting)
        {
            if (!node.Outcomes.TryGetValue(id, out var outcome)) continue;
            _waiting.Remove(id);
            if (outcome == "Applied") Acknowledge(text);
            else if (!outcome.StartsWith("Unknown", StringComparison.Ordinal)) _denied.Add(text);
        }
    }

    /// <summary>Nobody waits on a node that is gone.</summary>
    public void Forget(TestNode node)
    {
        foreach (var id in _waiting.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _waiting.Remove(id);
        foreach (var id in _reads.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _reads.Remove(id);
    }

    public void CheckAtTheEnd(TestNode head)
    {
        Collect();
        var applied = head.Machine.Applied;
        foreach (var write in _acknowledged) applied.ShouldContain(write, "acknowledged writes survive");
        foreach (var write in _denied) applied.ShouldNotContain(write, "a write that was refused never happens");
        applied.Distinct().Count().ShouldBe(applied.Count, "each write is applied once");
        _waiting.ShouldBeEmpty("every request has an outcome");
    }

    private void Acknowledge(string text)
    {
        _acknowledged.Add(text);
        for (var key = 0; key < keys; key++) if (IsAbout(text, key)) _floor[key] = Math.Max(_floor[key], _indexOf[text]);
    }

    private long Newest(TestNode node, int key)
    {
        var applied = node.Machine.Applied;
        for (var i = applied.Count - 1; i >= 0; i--) if (IsAbout(applied[i], key)) return _indexOf[applied[i]];
        return 0;
    }

    private static bool IsAbout(string text, int key) =>
        text.StartsWith("all", StringComparison.Ordinal) || text.StartsWith($"k{key}=", StringComparison.Ordinal);
}

/// <summary>What must hold between replicas after every step.</summary>
internal static class ChainChecks
{
    public const string NotDurable = "is committed but not durable on";
    public const string LogsDiffer = "verified logs differ";

    /// <summary>The promise itself: whoever of the chain is left holds every committed entry.</summary>
    public static void CommittedIsDurableOnTheWholeChain(World world, GroupConfiguration newest)
    {
        var commit = world.Nodes.Values.Max(n => n.IsUp ? n.Chain().CommitIndex : default);
        foreach (var id in newest.InSync)
        {
            var node = world.Nodes[id];
            // One that has not heard of any epoch yet holds nothing, and nothing is committed without it.
            if (!node.IsUp || !node.Chain().Accepted.HasState) continue;
            if (node.Chain().Journal.DurableIndex < commit)
                throw new ShouldAssertException($"{commit} {NotDurable} {id}");
        }
    }

    /// <summary>Prefix order: two logs of one epoch, as far as both are verified, are one a prefix of the other.</summary>
    public static void VerifiedLogsAgree(World world, TestNode one)
    {
        var a = one.Chain();
        if (a.Position is null) return;
        foreach (var other in world.Nodes.Values)
        {
            if (other == one
                || !other.IsUp || other.Chain() is not { Position: not null } b || b.Accepted.Epoch != a.Accepted.Epoch)
                continue;
            var from = LogIndex.Max(LogIndex.Min(a.CommitIndex, b.CommitIndex), LogIndex.Max(a.Log.BaseIndex, b.Log.BaseIndex));
            for (var i = from.Next; i <= LogIndex.Min(a.Verified, b.Verified); i = i.Next)
            {
                if (a.Log.StampAt(i) != b.Log.StampAt(i) || !a.Log[i].Payload.SequenceEqual(b.Log[i].Payload))
                {
                    throw new ShouldAssertException($"{LogsDiffer}: {one.Id} and {other.Id} at {i}");
                }
            }
        }
    }
}
