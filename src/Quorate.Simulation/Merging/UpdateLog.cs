using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Merging;

/// <summary>All writes that replicas' contents have executed, in the order in which it happened.</summary>
internal sealed class UpdateLog(MergePlan plan)
{
    private readonly Dictionary<string, Update> _byValue = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Update>> _byKey = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public IReadOnlyList<Update> OfKey(string key) => _byKey.GetValueOrDefault(key) ?? [];

    /// <summary>The update that wrote it; null: none did.</summary>
    public Update? OfValue(string key, string value) => _byValue.GetValueOrDefault(key + " " + value);

    /// <summary>The execution of an operation that wrote a value of its own; null: not known, or there is none.</summary>
    public Update? Of(Operation operation)
    {
        var words = operation.Words is { } said
            ? KeyKinds.Bare(said) : operation.Argument is { } value ? ["SET", operation.Key, value] : null;
        return words is not null && KeyKinds.Added(words) is { } added ? OfValue(operation.Key, added) : null;
    }

    /// <summary>Executions that may have been the operation's: of the same words while it was under way.</summary>
    public IEnumerable<Update> Candidates(Operation operation)
    {
        var words = operation.Words is { } said ? KeyKinds.Bare(said) : [];
        return OfKey(operation.Key)
            .Where(u => u.Stamp > operation.Invoked && u.Stamp < operation.Returned && u.Words.SequenceEqual(words));
    }

    public void Add(Update update, long losses)
    {
        Count++;
        if (!_byKey.TryGetValue(update.Key, out var updates)) _byKey.Add(update.Key, updates = []);
        updates.Add(update);
        if (KeyKinds.Added(update.Words) is { } value && !_byValue.TryAdd(update.Key + " " + value, update))
            throw new EffectFailure(
                $"executed twice: {string.Join(' ', update.Words)}, at {_byValue[update.Key + " " + value].At} and at "
                    + $"{update.At}");
        if (update.Words is ["SET", _, _]
            && KeyKinds.Of(update.Key) == "register" && plan.Policy.Conflicts == Replication.ConflictRule.Crdt
            && losses < update.Before.Count - 1)
            throw new EffectFailure(
                $"{update.At} replaced {string.Join(", ", update.Before)} by a SET that can have seen one of them, and listed "
                    + $"{losses} as lost");
    }
}
