using Quorate.Replication.Rows;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Raft;

namespace Quorate.Strategies;

/// <summary>The strategies that there are, one row each.</summary>
public static class StrategyTable
{
    public static readonly StrategyEntry Raft = new RaftEntry();
    public static readonly StrategyEntry Primary = new PrimaryEntry();
    public static readonly StrategyEntry Chain = new ChainEntry();
    public static readonly StrategyEntry MultiLeader = new MultiLeaderEntry();
    public static readonly StrategyEntry Leaderless = new LeaderlessEntry();
    public static readonly StrategyEntry CasPaxos = new CasPaxosEntry();

    /// <summary>All of them.</summary>
    public static readonly StrategySet All = new(Raft, Primary, Chain, MultiLeader, Leaderless, CasPaxos);
}
