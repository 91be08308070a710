namespace Quorate.Data.Tests.Merging;

internal enum OpKind
{
    Assign,
    Add,
    Remove,
    Insert,
}

/// <summary>One acknowledged operation, and which others its replica had seen of it then.</summary>
/// <param name="Part">string, hash, set, zset; empty: the whole key.</param>
/// <param name="Life">How often its replica had lost its memory.</param>
/// <param name="Over">For an assignment that replaces certain values only: these; null: all observed.</param>
internal sealed record Op(
    int Id, int Origin, int Life, string Key, OpKind Kind, string Part, string Field, string Value, long By,
        HashSet<int> Observed, HashSet<int>? Over);

/// <summary>
/// What replicas must converge to, from the definition instead of from an algorithm: all operations that anybody still knows,
/// each with the set of those it had observed. It keeps everything for ever, which is why it is only a model.
/// </summary>
internal sealed class ReferenceModel
{
    private readonly List<Op> _ops = [];

    public IReadOnlyList<Op> Ops => _ops;

    public Op Record((int Node, int Life) origin, HashSet<int> seen, string key, OpKind kind, string part, string field = "",
        string value = "", long by = 0, HashSet<int>? over = null)
    {
        var op = new Op(_ops.Count, origin.Node, origin.Life, key, kind, part, field, value, by, [.. seen], over);
        _ops.Add(op);
        seen.Add(op.Id);
        return op;
    }

    /// <summary>What a delta tells: its operation, and for a sum all that is in it.</summary>
    public void Deliver(Op op, HashSet<int> seen)
    {
        seen.Add(op.Id);
        if (op.Kind != OpKind.Add) return;
        foreach (var before in _ops)
        {
            if (before.Id < op.Id && before.Kind == OpKind.Add && before.Origin == op.Origin && before.Life == op.Life
                && before.Key == op.Key && before.Part == op.Part
                && before.Field == op.Field && op.Observed.Contains(before.Id)) seen.Add(before.Id);
        }
    }

    /// <summary>
    /// The operations on a place that nobody has observed and taken back. When replicas forget, an operation that took others
    /// back may be known to nobody and yet have left traces: what it took back may be there or not.
    /// </summary>
    /// <param name="byAll">Also leaves out what was taken back by operations that everybody has forgotten: the rest must be
    /// there.</param>
    public List<Op> Surviving(HashSet<int> known, string key, string part, string field = "", bool byAll = true)
    {
        var all = _ops.Where(o => o.Key == key).ToList();
        return [.. all.Where(o =>
            known.Contains(o.Id) && o.Part == part && o.Field == field && o.Kind != OpKind.Remove && !all.Any(by =>
                TakesBack(by, o) && (byAll || Tells(by, o))))];

        // Known itself, and not because of one in between that nobody knows.
        bool Tells(Op by, Op o) =>
            known.Contains(by.Id) && !all.Any(lost =>
                !known.Contains(lost.Id) && by.Observed.Contains(lost.Id) && TakesBack(lost, o));
    }

    private static bool ReplacesAll(Op op) =>
        op.Over is null && (op.Part.Length == 0 || (op.Part == "string" && op.Kind == OpKind.Assign));

    public IEnumerable<string> FieldsOf(HashSet<int> known, string key, string part, bool byAll = true) =>
        _ops.Where(o =>
            known.Contains(o.Id) && o.Key == key && o.Part == part && o.Kind != OpKind.Remove).Select(o => o.Field).Distinct()
            .Where(f => Surviving(known, key, part, f, byAll).Count > 0).Order(StringComparer.Ordinal);

    private static bool TakesBack(Op by, Op o)
    {
        if (!by.Observed.Contains(o.Id)) return false;
        if (by.Over is not null) return by.Over.Contains(o.Id);
        // A string, and a removal of the key, take the place of everything.
        if (ReplacesAll(by)) return true;
        // An addition of what is there stands for the one before.
        return by.Part == o.Part && by.Field == o.Field && by.Kind != OpKind.Add;
    }
}
