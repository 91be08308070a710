using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Canaries;

/// <summary>The rules of multi-leader groups, one broken in each: for the lab's canaries and the strategy's tests.</summary>
internal static class BrokenMultiLeader
{
    internal sealed class ShipsEarly : MultiLeaderRules
    {
        public override long MayShipUpTo(long durableEnd, long end) => end;
    }

    internal sealed class ConfirmsEarly : MultiLeaderRules
    {
        public override DotContext Confirms(DotContext durable, DotContext seen) => seen;
    }

    internal sealed class AnswersEarly : MultiLeaderRules
    {
        public override PersistPoint AnswerLeavesAfter(PersistPoint saved) => default;
    }

    internal sealed class IgnoresOrder : MultiLeaderRules
    {
        public override bool IsInOrder(bool hasPrevious) => true;
    }

    internal sealed class IgnoresDependencies : MultiLeaderRules
    {
        public override bool MayShow(bool hasDependencies) => true;
    }

    internal sealed class TellsOn : MultiLeaderRules
    {
        public override bool IsNews(bool isNew) => true;
    }

    internal sealed class ForgetsByMajority : MultiLeaderRules
    {
        public override int ConfirmationsNeeded(int members) => (members / 2) + 1;
    }
}
