using Quorate.Data.Values;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>
/// One command's change of one key, built as a delta that is then joined like one that came from elsewhere: so a state is by
/// construction the join of all deltas. The store owns one and reuses it.
/// </summary>
internal sealed class ObjectChange
{
    private readonly MergingStoreOptions _options;
    private readonly DotSource _dots;
    private Dot _last;

    public ObjectChange(MergingStoreOptions options, DotSource dots)
    {
        _options = options;
        _dots = dots;
    }

    public KeyObject Target { get; private set; } = new();

    public KeyObject Delta { get; } = new();

    public HybridTime Stamp { get; set; }

    /// <summary>Sees what the replica sees, unless the key is expired or deleted: then what is left is removed first, or told
    /// once more to be removed, in case those who knew it forgot.</summary>
    public void Begin(KeyObject target, VersionVector floor, bool isVisible)
    {
        Target = target;
        Delta.Clear();
        Delta.IsPartial = true;
        _last = Dot.None;
        IsFresh = !isVisible;
        if (IsFresh && target.IsKept) RemoveAll(floor);
    }

    /// <summary>The key was not visible: what the target holds has been removed by this change and must not be looked
    /// at.</summary>
    public bool IsFresh { get; private set; }

    public Dot NextDot() => _last = _dots.Next();

    /// <summary>The removal of everything observed under the key, deadlines and other types too.</summary>
    public void RemoveAll(VersionVector floor)
    {
        var removal = NextDot();
        Target.Text?.Remove(removal, Delta.TextToChange(), Delta.Context);
        RemoveDeadlines();
        // What was seen and replaced before is told again: it costs a few bytes, and a replica that missed it learns of it.
        Delta.Context.Join(Target.Context);
        if (Target.Fields is null && Target.Members is null && Target.Scores is null) return;
        Delta.IsPartial = false;
        Delta.Context.Join(floor);
        Target.Fields?.RemoveAll(removal, Delta.FieldsToChange(), Delta.Context, isWhole: true);
        Target.Scores?.RemoveAll(removal, Delta.ScoresToChange(), Delta.Context, isWhole: true);
    }

    /// <summary>A string in place of everything observed.</summary>
    public void SetText(ReadOnlySpan<byte> value, VersionVector floor, bool keepDeadlines)
    {
        MultiValueRegister? kept = keepDeadlines && !IsFresh ? Target.Deadlines : null;
        if (!IsFresh) RemoveAll(floor);
        Delta.TextToChange().Register.Put(NextDot(), Stamp, value);
        if (kept is { Count: > 0 }) SetDeadline(Target.Deadline);
    }

    /// <summary>A string in place of one of the siblings; the others stay.</summary>
    public void SetTextOver(Dot replaced, ReadOnlySpan<byte> value)
    {
        var dot = NextDot();
        Delta.Context.Add(replaced);
        // What was added goes with the value it was added to, as far as the writer could see.
        Target.Text!.Counter?.Reset(dot, Delta.TextToChange().CounterToChange());
        Delta.TextToChange().Register.Put(dot, Stamp, value);
    }

    /// <summary>A string in place of what the writer has seen, as its context tells.</summary>
    public void SetTextAfter(SiblingContext seen, ReadOnlySpan<byte> value)
    {
        var dot = NextDot();
        if (!IsFresh && Target.Text is { } text)
        {
            foreach (ref readonly var sibling in text.Register.Siblings)
                if (seen.Dots.Contains(sibling.Dot)) Delta.Context.Add(sibling.Dot);
            text.Counter?.ResetSeen(seen.Counter, dot, Delta.TextToChange().CounterToChange());
        }

        Delta.TextToChange().Register.Put(dot, Stamp, value);
    }

    public void AddToText(long by) => Add(IsFresh ? null : Target.Text, Delta.TextToChange(), by);

    public void AddMember(ReadOnlySpan<byte> member) =>
        (IsFresh ? Empty : Target.Members ?? Empty).Add(member, NextDot(), Delta.MembersToChange(), Delta.Context);

    public void RemoveMember(ReadOnlySpan<byte> member)
    {
        NextDot();
        Target.Members!.Remove(member, Delta.MembersToChange(), Delta.Context);
    }

    public void SetField(ReadOnlySpan<byte> field, byte[] value) =>
        Assign(IsFresh ? null : Target.Fields, Delta.FieldsToChange(), field, value);

    public void RemoveField(ReadOnlySpan<byte> field) =>
        Target.Fields!.CellOf(field).Remove(NextDot(), Delta.FieldsToChange().List(field), Delta.Context);

    public void AddToField(ReadOnlySpan<byte> field, long by) =>
        Add(IsFresh ? null : Target.Fields?.CellOf(field), Delta.FieldsToChange().List(field), by);

    public void SetScore(ReadOnlySpan<byte> member, double score) =>
        Assign(IsFresh ? null : Target.Scores, Delta.ScoresToChange(), member, ScoredSet.EncodeScore(score));

    public void RemoveScore(ReadOnlySpan<byte> member) =>
        Target.Scores!.CellOf(member).Remove(NextDot(), Delta.ScoresToChange().List(member), Delta.Context);

    public void AddToScore(ReadOnlySpan<byte> member, long by) =>
        Add(IsFresh ? null : Target.Scores?.CellOf(member), Delta.ScoresToChange().List(member), by);

    /// <summary>A deadline in place of those observed.</summary>
    public void SetDeadline(long unixMilliseconds)
    {
        RemoveDeadlines();
        Delta.DeadlinesToChange().Clear();
        Delta.DeadlinesToChange().Put(new Sibling(NextDot(), Stamp, KeyObject.EncodeDeadline(unixMilliseconds)));
    }

    /// <summary>The removal of the deadlines observed; one that is set concurrently comes after it.</summary>
    public void Persist()
    {
        NextDot();
        RemoveDeadlines();
    }

    /// <summary>Removes the types of the key that are not <paramref name="kept"/>.</summary>
    public void KeepOnly(ValueKind kept)
    {
        var removal = NextDot();
        if (kept != ValueKind.String) Target.Text?.Remove(removal, Delta.TextToChange(), Delta.Context);
        if (kept != ValueKind.Hash) Target.Fields?.RemoveAll(removal, Delta.FieldsToChange(), Delta.Context, isWhole: false);
        if (kept != ValueKind.SortedSet) Target.Scores?.RemoveAll(removal, Delta.ScoresToChange(), Delta.Context, isWhole: false);
        if (kept == ValueKind.Set || Target.Members is null) return;
        foreach (var member in Target.Members.Ordered()) Target.Members.Remove(member, Delta.MembersToChange(), Delta.Context);
    }

    /// <summary>Claims for the delta everything this node has done to the key since it last did something to it. False: the
    /// change is none.</summary>
    public bool Finish(VersionVector floor)
    {
        if (_last.IsNone) return false;
        // All of the node's updates of this key above this number are in the delta, and others there are none.
        var after = Math.Max(Math.Max(Target.Context.LastOf(_dots.Node), floor[_dots.Node]), _dots.CompleteSince);
        Delta.Context.Add(new DotRun(_dots.Node, after, _last.Counter));
        Delta.Key = Target.Key;
        return true;
    }

    private static readonly AddWinsSet Empty = new();

    private void RemoveDeadlines()
    {
        if (Target.Deadlines is not { Count: > 0 } deadlines) return;
        deadlines.AddDotsTo(Delta.Context);
        Delta.DeadlinesToChange();
    }

    private void Assign(ObservedRemoveMap? map, ObservedRemoveMap delta, ReadOnlySpan<byte> field, byte[] value)
    {
        var sibling = new Sibling(NextDot(), Stamp, value);
        (map?.CellOf(field) ?? new Cell()).Assign(sibling, delta.List(field), Delta.Context);
    }

    private void Add(Cell? cell, Cell delta, long by) => (cell ?? new Cell()).Add(by, NextDot(), _dots.CompleteSince, delta);
}
