namespace Quorate.Replication;

/// <summary>A replica that can put its own state out of use while it stays a member, and replaces it by its leader's.</summary>
public interface IQuarantiningReplica : IReplica
{
    /// <summary>The state here was found wrong and is to be replaced: it must answer no read.</summary>
    bool IsQuarantined { get; }

    /// <summary>How often the state was replaced in this life of the node, and whether that is over for good.</summary>
    (long Count, bool HasGivenUp) Reseeds { get; }

    /// <summary>On the leader: the member said last that it is in quarantine.</summary>
    bool IsQuarantinedMember(NodeId node);

    /// <summary>The state here was found to differ from the majority's: it is used no more until the leader has sent its own.
    /// False: this replica leads, and has to hand over before.</summary>
    bool TryQuarantine(StepTime now, Effects effects);
}
