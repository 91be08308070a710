using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>What a proposer has done since it started.</summary>
public sealed class ProposerStatistics
{
    /// <summary>Rounds begun, of whatever phase: a read is one, a prepare is one, an accept is one.</summary>
    public long Rounds { get; internal set; }

    /// <summary>Changes begun with a promise that came with the accept before: one round instead of two. [CASPaxos
    /// §2.2.1]</summary>
    public long WithPromise { get; internal set; }

    /// <summary>Reads answered after one round, because a quorum had accepted the same.</summary>
    public long OneRoundReads { get; internal set; }

    /// <summary>Times another proposer was promised more.</summary>
    public long Conflicts { get; internal set; }

    /// <summary>Requests and parts of requests, by how they ended.</summary>
    public long Done { get; internal set; }

    public long Unknown { get; internal set; }

    public long Unavailable { get; internal set; }

    /// <summary>Tombstones removed from every acceptor.</summary>
    public long Collected { get; internal set; }
}

/// <summary>A replica's state at one moment, for people and for checkers.</summary>
public sealed record CasPaxosStatus
{
    /// <summary>The newest accepted; null before the first.</summary>
    public required GroupConfiguration? Configuration { get; init; }

    /// <summary>It promises and accepts.</summary>
    public required bool IsVoting { get; init; }

    /// <summary>Registers of this acceptor, tombstones and bare promises included.</summary>
    public required int Registers { get; init; }

    /// <summary>Rounds under way.</summary>
    public required int Active { get; init; }

    /// <summary>Requests that wait for an outcome.</summary>
    public required int Waiting { get; init; }

    /// <summary>Keys whose next ballot is promised to this proposer.</summary>
    public required int Promised { get; init; }

    /// <summary>The newest sealed snapshot; 0 when there is none.</summary>
    public required long Snapshot { get; init; }

    /// <summary>Configurations refused because they named other members.</summary>
    public required int RefusedConfigurations { get; init; }

    public required ProposerStatistics Statistics { get; init; }
}
