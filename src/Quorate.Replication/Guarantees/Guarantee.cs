using Quorate.Replication.Policies;

namespace Quorate.Replication.Guarantees;

/// <summary>
/// What a policy promises, computed from it: the command line and the documents print it, the simulator checks by it.
/// Two kinds of faults are told apart: a node that is lost with its disk, and power that fails everywhere at once.
/// </summary>
public sealed record Guarantee
{
    private Guarantee(Policy policy) => Policy = policy;

    public Policy Policy { get; }

    /// <summary>Copies that a write certainly has when it is acknowledged.</summary>
    public int CopiesWhenAcknowledged { get; private init; }

    /// <summary>Nodes that may be lost for good, disks and all, without an acknowledged write: always
    /// <see cref="CopiesWhenAcknowledged"/> − 1, because a fail-over finds one of the copies.</summary>
    public int NodesLost => CopiesWhenAcknowledged - 1;

    /// <summary>One node is lost for good.</summary>
    public Survival OneNode { get; private init; }

    /// <summary>Any minority of the replicas is lost for good.</summary>
    public Survival Minority { get; private init; }

    /// <summary>All replicas but one are lost for good.</summary>
    public Survival AllButOne { get; private init; }

    /// <summary>Power fails everywhere at once, the disks keep what was synced. What it says below
    /// <see cref="Survival.Always"/> goes for <see cref="CopiesWhenAcknowledged"/> nodes at once already.</summary>
    public Survival PowerLoss { get; private init; }

    public Survival Zone { get; private init; }

    public Survival Region { get; private init; }

    public Survival Provider { get; private init; }

    public LossWindow Window { get; private init; }

    /// <summary>The least number of replicas that must be up, and in touch, for a write to be taken.</summary>
    public int WritersNeeded { get; private init; }

    /// <summary>The least number of the replicas that must answer before another leader is named, when it is named by
    /// counting answers; 0 when it is not.</summary>
    public int AnswersForFailover { get; private init; }

    /// <summary>True when the leader is named by the control plane, which must have its majority for that.</summary>
    public bool NeedsControlPlane { get; private init; }

    /// <summary>What this policy promises.</summary>
    /// <exception cref="InvariantViolation">when the policy contradicts itself: ask <see cref="PolicyCheck"/> before.</exception>
    public static Guarantee Of(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        policy = PolicyDefaults.Normal(policy);
        Invariant.Require(
            PolicyCheck.Problems(policy, BuiltParts.All).Count == 0, "only a policy without contradictions promises anything");
        var n = Holders(policy);
        var copies = Copies(policy);
        var window = WindowOf(policy);
        return new Guarantee(policy)
        {
            CopiesWhenAcknowledged = copies,
            OneNode = Survives(policy, copies, lost: 1),
            Minority = Survives(policy, copies, lost: (n - 1) / 2),
            AllButOne = Survives(policy, copies, lost: n - 1),
            PowerLoss = policy.Durability == Durability.Fsync
                ? Survival.Always : policy.Durability == Durability.Written ? Survival.OutsideWindow : Survival.No,
            Zone = SurvivesPlace(policy, copies, "zone"),
            Region = SurvivesPlace(policy, copies, "region"),
            Provider = SurvivesPlace(policy, copies, "provider"),
            Window = window,
            WritersNeeded = policy.WhenShort == WhenShort.Degrade
                ? 1 : policy.Strategy == Strategy.Pbft ? n - ((n - 1) / 3) : copies,
            AnswersForFailover = policy.Strategy != Strategy.Primary
                ? 0 : policy.Ack is Ack.SemiSync or Ack.Majority ? n - copies + 1 : 1,
            NeedsControlPlane = policy.Strategy.Leadership == Leadership.Named,
        };
    }

    /// <summary>What a read of this consistency may return under this policy.</summary>
    public ReadPromise Reading(ReadConsistency consistency)
    {
        var canOrder = PolicyCheck.IsOrdered(Policy.Strategy);
        return consistency switch
        {
            ReadConsistency.Linearizable when Policy.Strategy == Strategy.MultiLeader => ReadPromise.Refused,
            ReadConsistency.Tail or ReadConsistency.Craq when Policy.Strategy != Strategy.Chain => ReadPromise.Refused,
            ReadConsistency.Linearizable when Policy.Strategy == Strategy.Leaderless =>
                Policy.Sloppy || Policy.R + Policy.W <= Policy.N ? ReadPromise.Refused : ReadPromise.Linearizable,
            ReadConsistency.Session when Policy.Strategy == Strategy.Leaderless => ReadPromise.Refused,
            ReadConsistency.Bounded or ReadConsistency.Voted when Policy.IsMerging => ReadPromise.Refused,
            ReadConsistency.Eventual or ReadConsistency.Weak when Policy.Strategy == Strategy.Leaderless
                && Policy.R + Policy.W > Policy.N && !Policy.Sloppy =>
                ReadPromise.Regular,
            ReadConsistency.Voted when !canOrder
                || Policy.Strategy == Strategy.Chain || Policy.Ship == Ship.State || Policy.Replicas < 3
                || Policy.Replicas % 2 == 0 =>
                ReadPromise.Refused,
            ReadConsistency.Linearizable or ReadConsistency.Tail or ReadConsistency.Craq =>
                (Window & (LossWindow.Unshipped | LossWindow.WhileDegraded)) == 0
                    ? ReadPromise.Linearizable : ReadPromise.LinearizableUntilFailover,
            ReadConsistency.Bounded => ReadPromise.Bounded,
            ReadConsistency.Session => ReadPromise.Session,
            ReadConsistency.Eventual => ReadPromise.Eventual,
            ReadConsistency.Voted => ReadPromise.Voted,
            _ => ReadPromise.Unchecked,
        };
    }

    /// <summary>The promise in plain sentences, the good and the bad.</summary>
    public IReadOnlyList<string> ToSentences() => GuaranteeText.Of(this);

    /// <summary>Replicas that hold one key.</summary>
    private static int Holders(Policy policy) => policy.Strategy == Strategy.Leaderless ? policy.N : policy.Replicas;

    private static int Copies(Policy policy) => policy.Ack switch
    {
        _ when policy.Strategy == Strategy.Leaderless => policy.W,
        // the acknowledgement is the region's, and a region may have one replica
        _ when policy.Strategy == Strategy.MultiLeader => 1,
        _ when policy.Strategy == Strategy.Pbft => ((policy.Replicas - 1) / 3) + 1, // of those that prepared, the honest ones
        Ack.Async => 1,
        Ack.SemiSync => policy.AckBackups + 1,
        Ack.Sync => policy.MinInSync,
        _ => (policy.Replicas / 2) + 1,
    };

    private static LossWindow WindowOf(Policy policy)
    {
        var window = (policy.Ack == Ack.Async || policy.Strategy == Strategy.MultiLeader) && policy.Replicas > 1
            ? LossWindow.Unshipped : LossWindow.None;
        if (policy.WhenShort == WhenShort.Degrade) window |= LossWindow.WhileDegraded;
        if (policy.Durability != Durability.Fsync) window |= LossWindow.Unsynced;
        return window;
    }

    private static Survival Survives(Policy policy, int copies, int lost)
    {
        if (lost == 0) return Survival.NotPromised;
        if (lost >= Holders(policy)) return Survival.No;
        if (policy.WhenShort == WhenShort.Degrade && lost < copies) return Survival.OutsideWindow;
        if (lost < copies) return Survival.Always;
        if (policy.Ack == Ack.Async || policy.Strategy == Strategy.MultiLeader) return Survival.OutsideWindow;
        return policy.Ack == Ack.Sync ? Survival.WhileEnoughInSync : Survival.No;
    }

    /// <summary>Replicas in different regions are in different zones too; a provider is wider than both.</summary>
    private static Survival SurvivesPlace(Policy policy, int copies, string place)
    {
        if (policy.Spread is null) return Survival.NotPromised;
        var spread = PolicyWords.Labels.ToList().IndexOf(policy.Spread);
        return PolicyWords.Labels.ToList().IndexOf(place) >= spread ? Survives(policy, copies, lost: 1) : Survival.NotPromised;
    }
}
