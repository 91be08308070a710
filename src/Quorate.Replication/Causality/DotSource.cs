namespace Quorate.Replication.Causality;

/// <summary>
/// Gives a replica the dots of its updates. A dot is never given twice: every start of the node is an incarnation of its
/// own, with numbers above those of all earlier ones, whatever the replica still remembers.
/// </summary>
public sealed class DotSource
{
    private const long MostIncarnations = 1L << (62 - Dot.SequenceBits);

    /// <param name="node">Who makes the updates.</param>
    /// <param name="incarnation">How often the node has been started, counted durably before the first dot is given;
    /// 0 to 2^22 − 1.</param>
    public DotSource(NodeId node, long incarnation)
    {
        Invariant.Require(!node.IsNone, "an update is made by a node");
        Invariant.Require(incarnation is >= 0 and < MostIncarnations, "an incarnation fits into a dot");
        Node = node;
        Last = Previous = CompleteSince = incarnation << Dot.SequenceBits;
    }

    public NodeId Node { get; }

    /// <summary>The last number given; the base of the incarnation before the first.</summary>
    public long Last { get; private set; }

    /// <summary>The last number that belongs to an update already told: the next one tells of all above it.</summary>
    public long Previous { get; private set; }

    /// <summary>Every update that this node made and numbered above this is known to it. After a loss of memory older ones may be
    /// known to others alone, so nothing is claimed about them.</summary>
    public long CompleteSince { get; private set; }

    public Dot Next()
    {
        Last++;
        Invariant.Require((Last & ((1L << Dot.SequenceBits) - 1)) != 0, "an incarnation does not run out of dots");
        return new Dot(Node, Last);
    }

    /// <summary>The update with all dots given so far is on its way.</summary>
    public void Told() => Previous = Last;

    /// <summary>
    /// After a start: the journal gave back everything that ever left this node since <paramref name="completeSince"/>, up to
    /// <paramref name="last"/>. Only whoever knows that may call it (nothing leaves before it is durable, and the journal is
    /// whole); otherwise the new incarnation stands alone.
    /// </summary>
    public void RemembersAll(long completeSince, long last)
    {
        Invariant.Require(Last == CompleteSince, "memory comes back before the first new dot");
        Invariant.Require(completeSince <= last && last <= Last, "the updates that are remembered were made before");
        CompleteSince = completeSince;
        Previous = last;
    }
}
