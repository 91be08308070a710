using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>Where this replica stands in the accepted epoch.</summary>
internal sealed class Place
{
    /// <summary>Its part in the accepted epoch; null while it has none: not accepted durably yet, no member, or without
    /// state.</summary>
    public Position? Position { get; set; }

    /// <summary>This replica is the head, and takes writes.</summary>
    public bool MayOrder => Position?.Head is { MayOrder: true };

    /// <summary>The head, as far as this replica knows; none when it is this one and does not order (yet).</summary>
    public NodeId HeadIn(AcceptedEpoch accepted)
    {
        var head = accepted.Newest?.Leader ?? NodeId.None;
        return head == accepted.Self && !MayOrder ? NodeId.None : head;
    }
}
