using Quorate.Strategies.CasPaxos;

namespace Quorate.Simulation.Canaries;

/// <summary>The rules of consensus on each key, one broken in each: for the lab's canaries and the strategy's tests.</summary>
internal static class BrokenCasPaxos
{
    internal sealed class AcceptsLess : CasPaxosRules
    {
        public override bool MayAccept(Ballot ballot, Ballot promised) => true;
    }

    internal sealed class OneShort : CasPaxosRules
    {
        public override int Quorum(int majority) => majority - 1;
    }

    internal sealed class MakesItAgain : CasPaxosRules
    {
        public override bool LooksForItsChange => false;
    }

    internal sealed class KeepsPromise : CasPaxosRules
    {
        public override Ballot PromisedAfterPrepare(Ballot prepared, Ballot promised) => promised.IsNone ? prepared : promised;
    }
}
