namespace Quorate.Replication.Crdt;

/// <summary>
/// The decisions on which convergence hangs, each as a method of its own. The defaults are the papers. Nothing but a canary
/// overrides one, to prove that the checkers notice: there is no other reason to derive from this.
/// </summary>
public class MergeRules
{
    public static readonly MergeRules Papers = new();

    /// <summary>The later of two values: by stamp, and by dot where stamps are equal. [CRDT §3.2.1]
    /// Breaks otherwise: two replicas with the same values show different ones.</summary>
    public virtual bool Beats(in Sibling a, in Sibling b) =>
        a.Stamp != b.Stamp ? a.Stamp > b.Stamp : a.Dot.CompareTo(b.Dot) > 0;

    /// <summary>What is here stays if the other has it too, or has never seen it. [Delta §7.2]
    /// Breaks otherwise: what was removed stays, or what was added goes.</summary>
    public virtual bool KeepsMine(bool isInOther, bool isObservedByOther) => isInOther || !isObservedByOther;

    /// <summary>What the other has is taken if it has never been seen here. [Delta §7.2]
    /// Breaks otherwise: what was removed comes back, and a merge depends on who merges.</summary>
    public virtual bool TakesTheirs(bool isObservedHere) => !isObservedHere;
}

/// <summary>Which part of a key a value belongs to.</summary>
public enum Part : byte
{
    Text,
    Field,
    Member,
    Expiry,
}

/// <summary>A value that lost to a concurrent one.</summary>
/// <param name="Field">The field or member; empty for a text.</param>
public readonly record struct Loser(Part Part, byte[] Field, Sibling Value);

/// <summary>What a join did, filled while joining and reused. Not thread-safe.</summary>
public sealed class JoinNotes
{
    /// <summary>Something that a reader could see may be different now.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Values that became concurrent with another.</summary>
    public int Conflicts { get; set; }

    /// <summary>Values that no longer are what a reader is shown, though nobody overwrote them.</summary>
    public List<Loser> Losers { get; } = [];

    /// <summary>What the values noted next belong to.</summary>
    public Part Part { get; set; }

    public byte[] Field { get; set; } = [];

    public void Clear()
    {
        IsChanged = false;
        Conflicts = 0;
        Losers.Clear();
        Part = Part.Text;
        Field = [];
    }
}

/// <summary>One join: what either side has observed, by which rules, and where to note what happened.</summary>
/// <param name="IsPartial">The other side lists everything it says something about: what it does not list is not concerned.
/// Joining as if it were whole gives the same, only slower.</param>
public readonly record struct JoinScope(
    Causality.Observed Mine, Causality.Observed Theirs, MergeRules Rules, JoinNotes Notes, bool IsPartial)
{
    public bool Keeps(bool isInOther, Causality.Dot dot) => Rules.KeepsMine(isInOther, Theirs.Contains(dot));

    public bool Takes(Causality.Dot dot) => Rules.TakesTheirs(Mine.Contains(dot));
}
