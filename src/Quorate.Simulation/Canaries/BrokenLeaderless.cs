using Quorate.Strategies.Leaderless;

namespace Quorate.Simulation.Canaries;

/// <summary>The rules of leaderless groups, one broken in each: for the lab's canaries and the strategy's tests.</summary>
internal static class BrokenLeaderless
{
    internal sealed class OneTooFew : LeaderlessRules
    {
        public override int WriteQuorum(int w) => w - 1;
    }

    internal sealed class ClaimsUnseen : LeaderlessRules
    {
        public override bool FetchesBeforeAdopting => false;
    }

    internal sealed class CountsForgetful : LeaderlessRules
    {
        public override bool CountsWithoutMemory => true;
    }
}
