using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>A group whose replicas are compared, as voting sees it.</summary>
internal interface IVotingGroup
{
    HostedGroup Hosting { get; }

    RequestTable Requests { get; }

    KeyspaceMachine Machine { get; }

    /// <summary>What the control plane decided; null before the first, and where the group decides itself.</summary>
    GroupConfiguration? Configuration { get; }

    /// <summary>The replicas whose ballots count.</summary>
    IReadOnlyList<NodeId> Voters { get; }

    /// <summary>So many copies there should be; a majority is more than half of that.</summary>
    int VotersOfReads { get; }

    int VotersOfDigests { get; }

    /// <summary>False where there is nothing to compare.</summary>
    bool ComparesReplicas { get; }

    /// <summary>The leader's stamp for an entry.</summary>
    long Stamp(StepTime now);

    void Propose(RequestId id, ReadOnlySpan<byte> entry, ulong keyHash, StepTime now);

    /// <summary>Gives a voted read's reply to its asker.</summary>
    void AnswerPoll(in PendingRequest asker, ReadOnlySpan<byte> reply);

    /// <summary>A voted read's entry was not taken, or its outcome is not known.</summary>
    void FailPoll(in PendingRequest asker, in Outcome outcome);
}
