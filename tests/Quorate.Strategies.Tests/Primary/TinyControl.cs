using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>The least that keeps the contract of <see cref="IConfiguredReplica"/>: leases, seals, a choice as the
/// acknowledgement rule allows it, and the wishes of the primary.</summary>
internal sealed class TinyControl(World world, PrimaryOptions options, GroupConfiguration first)
{
    private const long LeaseNanoseconds = 200 * StepTime.NanosecondsPerMillisecond;
    private const int GraceRounds = 15;

    private readonly Dictionary<NodeId, ReplicaReport> _reports = [];
    private long _leaseUntil;
    private int _rounds;

    public GroupConfiguration Decided { get; private set; } = first;

    public HashSet<NodeId> Unreachable { get; } = [];

    public int FailOvers { get; private set; }

    public int Wishes { get; private set; }

    public Action<string> Trace { get; set; } = _ => { };

    /// <summary>One round of heartbeats.</summary>
    public void Tick()
    {
        foreach (var node in world.Nodes.Values) if (node.IsUp && !Unreachable.Contains(node.Id)) Visit(node);
        if (Decided.Leader.IsNone) TryChoose();
        else if (world.Now.Nanoseconds > _leaseUntil) Seal();
    }

    private void Visit(TestNode node)
    {
        var replica = node.Primary();
        if (replica.Configuration is null || replica.Configuration.Epoch < Decided.Epoch) world.Configure(Decided, node);
        if (replica.Configuration!.Epoch != Decided.Epoch) return;
        if (replica.Report.Epoch == Decided.Epoch) _reports[node.Id] = replica.Report;
        if (Decided.Leader != node.Id) return;
        if (replica.Wanted is { } wanted && wanted.Epoch == Decided.Epoch.Next)
        {
            Wishes++;
            Decide(wanted);
            // It asked to be replaced, and serves no more.
            if (wanted.Leader != node.Id) _leaseUntil = world.Now.Nanoseconds;
            world.Configure(Decided, node);
        }

        if (Decided.Leader != node.Id || !replica.Status.IsServing) return;
        _leaseUntil = Math.Max(_leaseUntil, world.Now.Nanoseconds + LeaseNanoseconds);
        world.Lease(node, LeaseNanoseconds / StepTime.NanosecondsPerMillisecond);
    }

    private void Seal() => Decide(Decided with { Epoch = Decided.Epoch.Next, Leader = NodeId.None });

    private void Decide(GroupConfiguration configuration)
    {
        Trace($"control decides {configuration}");
        Decided = configuration;
        _reports.Clear();
        _rounds = 0;
        if (!configuration.Leader.IsNone) _leaseUntil = Math.Max(_leaseUntil, world.Now.Nanoseconds + LeaseNanoseconds);
    }

    private void TryChoose()
    {
        _rounds++;
        if (options.Ack == Ack.Async && _rounds < GraceRounds) return;
        var chosen = FailOver.Choose(options, Decided, [.. _reports]);
        if (chosen.IsNone) return;
        FailOvers++;
        var inSync = Decided.InSync.Contains(chosen) ? Decided.InSync : [.. Decided.InSync, chosen];
        Decide(new GroupConfiguration(Decided.Epoch.Next, chosen, inSync, [.. Decided.Learners.Where(n => n != chosen)]));
    }
}
