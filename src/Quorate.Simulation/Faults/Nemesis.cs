using Quorate.Replication;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Faults;

/// <summary>Makes things go wrong, from the seed's dice, until it is told to stop. What it breaks it also repairs,
/// later.</summary>
internal sealed class Nemesis(SimCluster cluster, Prng prng, Scenario scenario)
{
    private readonly World _world = cluster.World;
    private readonly PartitionNemesis _partitions = new(cluster, prng.Fork());
    private readonly int _totalWeight = scenario.Strikes.Values.Sum();
    private bool _isStopped;

    public void Start()
    {
        cluster.Network.ForEach((_, _, link) =>
        {
            (link.LossPerMille, link.DuplicationPerMille) = (scenario.LossPerMille, scenario.DuplicationPerMille);
            (link.ReorderPerMille, link.CorruptionPerMille) = (scenario.ReorderPerMille, scenario.CorruptionPerMille);
            link.MinDelay = 50 * World.Microsecond;
            link.Spread = Math.Max(50, scenario.DelayMicroseconds) * World.Microsecond;
        });
        foreach (var node in cluster.Nodes) (node.SnapshotFailurePerMille, node.DiskSlowness) = (50, scenario.DiskSlowness);
        cluster.Invariants.Elected = OnElected;
        ScheduleNext();
    }

    /// <summary>Ends every fault and starts every node that can be started.</summary>
    public void StopAndHeal()
    {
        _isStopped = true;
        cluster.Network.HealAll();
        foreach (var node in cluster.Nodes)
        {
            node.DiskSlowness = 1;
            node.SnapshotFailurePerMille = 0;
            node.Disk.Repair();
            if (scenario.MendsClocks) node.Clock.PutRight();
            node.Resume();
            if (node.HasFailedJournal) node.Crash(losesPower: false);
            if (!node.IsUp && !node.HasRefused) node.Start();
        }
    }

    /// <summary>A leader that falls before it is established leaves the most tangled logs behind. [Raft fig. 8]</summary>
    private void OnElected(NodeId id)
    {
        if (_isStopped || scenario.SparesLeader || !prng.Chance(scenario.FreshLeaderPerMille)) return;
        var node = cluster.Nodes[id.Value - 1];
        var kind = prng.Below(4);
        _world.After(prng.Below(4 * Math.Max(1000, scenario.DelayMicroseconds)) * World.Microsecond, () =>
        {
            if (_isStopped) return;
            if (kind == 0) Crash(node, losesPower: false);
            else if (kind == 3) LoseVoters(node);
            else _partitions.Strike(kind == 1 ? FaultKind.Isolation : FaultKind.OneWayPartition, node, Duration());
        });
    }

    /// <summary>The nodes that may have voted lose power and come back, while the leader hears none.</summary>
    private void LoseVoters(SimNode leader)
    {
        _partitions.Strike(FaultKind.Isolation, leader, Duration() + World.Second);
        foreach (var node in cluster.Nodes)
            if (node != leader) Crash(node, losesPower: true);
    }

    private void ScheduleNext() => _world.After(prng.Below(2 * scenario.StrikeMilliseconds + 1) * World.Millisecond, () =>
    {
        if (_isStopped) return;
        Strike(PickKind());
        ScheduleNext();
    });

    private FaultKind PickKind()
    {
        var at = prng.Below(_totalWeight);
        foreach (var (kind, weight) in scenario.Strikes)
            if ((at -= weight) < 0) return kind;
        throw new InvalidOperationException("weights add up");
    }

    private void Strike(FaultKind kind)
    {
        var victim = Victim();
        _world.Log($"nemesis: {kind} ({victim.Id})");
        switch (kind)
        {
            case FaultKind.ProcessCrash: Crash(victim, losesPower: false); break;
            case FaultKind.PowerLoss: LosePower(victim); break;
            case FaultKind.PowerLossOfAll: LosePowerOfAll(); break;
            case FaultKind.Pause: Pause(victim, FaultKind.Pause); break;
            case FaultKind.Suspend: Pause(victim, FaultKind.Suspend); break;
            case FaultKind.Partition
                or FaultKind.OneWayPartition or FaultKind.BridgePartition or FaultKind.Isolation or FaultKind.RegionCut:
                _partitions.Strike(kind, victim, Duration());
                break;
            case FaultKind.SlowNetwork: SlowNetwork(); break;
            case FaultKind.SlowDisk:
                Count(kind);
                victim.DiskSlowness = 5 + prng.Below(100);
                Later(() => victim.DiskSlowness = scenario.DiskSlowness);
                break;
            case FaultKind.SyncError: victim.Disk.FailNextSync = true; break;
            case FaultKind.DiskFull: victim.Disk.IsFull = true; Later(() => victim.Disk.IsFull = false); break;
            case FaultKind.BitRot: Rot(victim); break;
            case FaultKind.ClockJump:
                Count(kind);
                victim.Clock.JumpWall(prng.Between(-scenario.ClockJumpMilliseconds, scenario.ClockJumpMilliseconds));
                break;
            case FaultKind.LeadershipTransfer: cluster.TransferLeadership(prng); break;
            case FaultKind.MembershipChange: cluster.ChangeMembership(prng); break;
            case FaultKind.ClientGone: cluster.Clients[prng.Below(cluster.Clients.Count)].Vanish(); break;
            default:
                if (cluster.Operate is not { } operate) throw new InvalidOperationException($"{kind} does not strike on its own");
                operate(kind, prng);
                break;
        }
    }

    private SimNode Victim()
    {
        var leader = cluster.Prominent(prng);
        if (scenario.SparesLeader)
        {
            // Always the same one: without two of them a leader of three must resign.
            return cluster.Nodes.First(n => n != leader);
        }

        return leader is not null && prng.Chance(scenario.LeaderPerMille)
            ? leader : cluster.Nodes[prng.Below(cluster.Nodes.Count)];
    }

    private void Crash(SimNode node, bool losesPower)
    {
        if (!node.IsUp || !cluster.MayStop(node)) return;
        Count(losesPower ? FaultKind.PowerLoss : FaultKind.ProcessCrash);
        node.Crash(losesPower);
        StartLater(node);
    }

    private void LosePower(SimNode node)
    {
        // In the middle of what the disk is asked to do next, as often as between two such things.
        if (prng.Chance(500)) Crash(node, losesPower: true);
        else if (node.IsUp && cluster.MayStop(node)) node.Disk.OperationsUntilPowerLoss = prng.Below(6);
    }

    private void LosePowerOfAll()
    {
        Count(FaultKind.PowerLossOfAll);
        foreach (var node in cluster.Nodes)
        {
            node.Crash(losesPower: true);
            StartLater(node);
        }
    }

    /// <summary>Starts it again some time; short outages are the more interesting ones.</summary>
    private void StartLater(SimNode node)
    {
        var life = node.Life;
        var delay = prng.Chance(400) ? prng.Below(50 * World.Millisecond) : Duration();
        _world.After(delay, () =>
        {
            if (!_isStopped && node.Life == life && !node.IsUp && !node.HasRefused) node.Start();
        });
    }

    private void Pause(SimNode node, FaultKind kind)
    {
        if (!node.IsUp || node.IsPaused) return;
        Count(kind);
        node.Pause();
        var life = node.Life;
        _world.After(Duration(), () =>
        {
            if (node.Life != life) return;
            if (kind == FaultKind.Suspend) node.ForgetFrames();
            node.Resume();
        });
    }

    private void SlowNetwork()
    {
        Count(FaultKind.SlowNetwork);
        var spread = (5 + prng.Below(150)) * World.Millisecond;
        var loss = prng.Below(300);
        var one = prng.Below(cluster.Nodes.Count) + 1;
        var all = prng.Chance(300);
        var changed = new List<(Link, long, int)>();
        cluster.Network.ForEach((from, to, link) =>
        {
            if (!all && from.Value != one && to.Value != one) return;
            changed.Add((link, link.Spread, link.LossPerMille));
            (link.Spread, link.LossPerMille) = (spread, loss);
        });
        Later(() =>
        {
            foreach (var (link, was, lost) in changed) (link.Spread, link.LossPerMille) = (was, lost);
        });
    }

    /// <summary>Only as many nodes as the cluster can do without: one that finds its journal damaged stays down.</summary>
    private void Rot(SimNode node)
    {
        if (cluster.HasRotted || !node.IsUp) return;
        cluster.HasRotted = true;
        node.Crash(losesPower: false);
        if (JournalPump.Rot(node.Disk, prng)) node.IsRotten = true;
        else cluster.HasRotted = false;
        StartLater(node);
    }

    private void Count(FaultKind kind) => _world.Faults.Add(kind);

    private long Duration() => (20 + prng.Below(scenario.FaultMilliseconds)) * World.Millisecond;

    private void Later(Action repair) => _world.After(Duration(), () =>
    {
        if (!_isStopped) repair();
    });
}
