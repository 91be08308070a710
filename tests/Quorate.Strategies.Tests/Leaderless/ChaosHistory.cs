using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>What was asked and answered in a run, and what must therefore be true.</summary>
/// <param name="readsSeeWrites">R + W is above N and there are no stand-ins: a read sees what was acknowledged before it.</param>
internal sealed class ChaosHistory(bool readsSeeWrites)
{
    public const string ReadMisses = "was acknowledged before it was asked for";
    public const string Lost = "what was acknowledged is there";

    private readonly Dictionary<long, Asked> _open = [];
    private readonly HashSet<string> _added = [];
    private readonly HashSet<string> _maybeAdded = [];
    private readonly HashSet<string> _removed = [];
    private readonly HashSet<string> _maybeRemoved = [];
    private long _next = 1_000_000;
    private long _stamp;
    private long _sum;
    private long _maybeSum;
    private long _resetSum;

    private sealed record Asked(TestNode Node, string[] Words, bool MustSee, Operation? Operation);

    public List<Operation> Operations { get; } = [];

    public int Acknowledged { get; private set; }

    public int Reads { get; private set; }

    public (long Id, string Command) BeginRegister(Prng dice, TestNode node)
    {
        var id = ++_next;
        var key = $"k{dice.Below(3)}";
        var isSet = dice.Chance(500);
        var operation = new Operation
        {
            Client = (int)id,
            Kind = isSet ? OperationKind.Set : OperationKind.Get,
            Key = key,
            Argument = isSet ? $"v{id}" : null,
            Invoked = ++_stamp,
        };
        Operations.Add(operation);
        string[] words = isSet ? ["SET", key, $"v{id}"] : ["GET", key];
        _open.Add(id, new Asked(node, words, false, operation));
        return (id, string.Join(' ', words));
    }

    public (long Id, string Command) BeginSet(Prng dice, TestNode node)
    {
        var id = ++_next;
        var die = dice.Below(100);
        string[] words;
        var mustSee = false;
        if (die < 45 || _added.Count == 0)
        {
            words = ["SADD", "set", $"e{id}"];
            _maybeAdded.Add(words[2]);
        }
        else if (die < 58)
        {
            words = die < 54 ? ["INCRBY", "reset", $"{1 + dice.Below(9)}"] : ["DEL", "reset", "reset"];
            if (die < 54) _resetSum += long.Parse(words[2]);
        }
        else if (die < 70)
        {
            words = ["INCRBY", "counter", $"{1 + dice.Below(9)}"];
            _maybeSum += long.Parse(words[2]);
        }
        else
        {
            var element = _added.ElementAt(dice.Below(_added.Count));
            if (die < 80)
            {
                words = ["SREM", "set", element];
                _maybeRemoved.Add(element);
            }
            else
            {
                words = ["SISMEMBER", "set", element];
                mustSee = !_maybeRemoved.Contains(element);
            }
        }

        _open.Add(id, new Asked(node, words, mustSee, null));
        return (id, string.Join(' ', words));
    }

    public void End(long id, OutcomeKind outcome, string? reply)
    {
        if (!_open.Remove(id, out var asked)) return;
        if (asked.Operation is { } operation)
        {
            if (outcome == OutcomeKind.Unknown) return;
            operation.Returned = ++_stamp;
            operation.Outcome = outcome == OutcomeKind.Done ? OperationOutcome.Ok : OperationOutcome.Failed;
            operation.Result = operation.Kind == OperationKind.Set ? reply : reply == "(null)" ? null : reply;
            if (outcome == OutcomeKind.Done) Acknowledged++;
            if (outcome == OutcomeKind.Done && operation.IsRead) Reads++;
            return;
        }

        var word = asked.Words[2];
        if (outcome == OutcomeKind.Unavailable && asked.Words[1] != "reset") NeverHappened(asked.Words[0], word);
        if (outcome != OutcomeKind.Done) return;
        Acknowledged++;
        switch (asked.Words[0])
        {
            case "SADD":
                _added.Add(word);
                break;
            case "INCRBY" when asked.Words[1] == "counter":
                _sum += long.Parse(word);
                break;
            case "SREM" when reply == "1":
                _removed.Add(word);
                break;
            case "SISMEMBER":
                Reads++;
                if (readsSeeWrites && asked.MustSee && !_maybeRemoved.Contains(word))
                    reply.ShouldBe("1", $"{word} {ReadMisses}");
                break;
        }
    }

    /// <summary>Who crashed answers nobody.</summary>
    public void Forget(TestNode node)
    {
        foreach (var (id, _) in _open.Where(o => o.Value.Node == node).ToList()) _open.Remove(id);
    }

    public void CheckAllEnded() => _open.ShouldBeEmpty("every request ends");

    public void CheckFinal(HashSet<string> members, string counter, string reset)
    {
        (reset == "(null)" ? 0 : long.Parse(reset))
            .ShouldBeInRange(0, _resetSum, "a counter that was removed does not come back with more");
        _added.Except(_maybeRemoved).Except(members).ShouldBeEmpty(Lost);
        _removed.Intersect(members).ShouldBeEmpty("what was removed stays removed");
        members.Except(_maybeAdded).ShouldBeEmpty("nothing is there that nobody added");
        (counter == "(null)" ? 0 : long.Parse(counter))
            .ShouldBeInRange(_sum, _maybeSum, "additions are neither lost nor doubled");
    }

    private void NeverHappened(string name, string word)
    {
        if (name == "SADD") _maybeAdded.Remove(word);
        else if (name == "INCRBY") _maybeSum -= long.Parse(word);
    }
}
