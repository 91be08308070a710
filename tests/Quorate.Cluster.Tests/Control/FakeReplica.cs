using Quorate.Cluster.Control;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Control;

/// <summary>An entry of a fake log: the epoch in which it was made and a number that no other entry has.</summary>
internal readonly record struct FakeEntry(Epoch Epoch, long Number);

/// <summary>
/// The least that a replica must do to be led by the control plane: a log that is durable at once, whole logs shipped
/// instead of batches, acknowledgement by the policy under a lease. A primary or a chain's head, with everything in
/// between simplified, so that what goes wrong is the control plane's fault.
/// </summary>
internal sealed class FakeReplica(NodeId self)
{
    private readonly Dictionary<NodeId, (int Length, long HeardAt)> _backups = [];
    private Epoch _leaseEpoch;
    private long _leaseUntil;

    public List<FakeEntry> Log { get; } = [];

    public Policy Policy { get; private set; } = new();

    public GroupConfiguration? Configuration { get; private set; }

    public Epoch Epoch => Configuration?.Epoch ?? default;

    public bool Leads => Configuration is { } c && c.Leader == self;

    public int Acknowledged { get; private set; }

    public GroupConfiguration? Wanted { get; private set; }

    public ReplicaReport Report =>
        new(Epoch, Log.Count == 0 ? default : Log[^1].Epoch, new(Log.Count), new(Math.Min(Acknowledged, Log.Count)), false);

    /// <summary>By its own clock.</summary>
    public bool HasLease(long now) => Configuration is not null && _leaseEpoch == Epoch && now < _leaseUntil;

    /// <summary>What a restart takes: leases and all that was only in memory. The log and the epoch are durable.</summary>
    public void Forget(long now)
    {
        (_leaseEpoch, _leaseUntil, Wanted) = (default, 0, null);
        foreach (var node in _backups.Keys.ToList()) _backups[node] = (0, now);
    }

    public void OnAssignment(GroupAssignment assignment, long now)
    {
        if (assignment.Configuration.Epoch <= Epoch) return;
        var led = Leads;
        (Policy, Configuration, Wanted) = (assignment.Policy, assignment.Configuration, null);
        if (!Leads) return;
        // A new leader begins with an entry of its epoch; one that goes on does too, which costs nothing here.
        if (!led) Acknowledged = 0;
        _backups.Clear();
        foreach (var member in Configuration.Members) _backups[member] = (0, now);
        Log.Add(new FakeEntry(Epoch, -Epoch.Value));
    }

    public void OnLease(Epoch epoch, long until)
    {
        if (epoch != Epoch) return;
        (_leaseEpoch, _leaseUntil) = (epoch, epoch == _leaseEpoch ? Math.Max(_leaseUntil, until) : until);
    }

    public void Write(long number) => Log.Add(new FakeEntry(Epoch, number));

    /// <summary>The leader's whole log; a replica of that epoch takes it over.</summary>
    /// <returns>True when it is acknowledged to the leader.</returns>
    public bool OnLog(Epoch epoch, IReadOnlyList<FakeEntry> log)
    {
        if (epoch != Epoch || Leads) return false;
        if (log.Count < Log.Count && Log.Count > 0 && log.Count > 0 && Log[^1].Epoch == epoch) return true; // an older message
        Log.Clear();
        Log.AddRange(log);
        return true;
    }

    public void OnAnswer(NodeId from, Epoch epoch, int length, long now)
    {
        if (epoch != Epoch || !Leads) return;
        _backups[from] = (Math.Max(length, _backups.GetValueOrDefault(from).Length), now);
    }

    /// <summary>Entries that may be acknowledged right now and were not before.</summary>
    public IReadOnlyList<FakeEntry> Acknowledge(long now)
    {
        if (!Leads || !HasLease(now)) return [];
        var until = Committed();
        if (until <= Acknowledged) return [];
        var fresh = Log.GetRange(Acknowledged, until - Acknowledged);
        Acknowledged = until;
        return fresh;
    }

    /// <summary>Who does not answer leaves, who has caught up joins.</summary>
    public void LookAround(long now, long patience)
    {
        if (!Leads) return;
        bool IsFine(NodeId node) => node == self || now - _backups[node].HeardAt < patience;
        bool HasCaughtUp(NodeId node) => IsFine(node) && _backups[node].Length >= Log.Count;
        NodeId[] inSync = [.. Configuration!.InSync.Where(IsFine), .. Configuration.Learners.Where(HasCaughtUp)];
        Wanted = inSync.SequenceEqual(Configuration.InSync) ? null
            : new GroupConfiguration(Epoch.Next, self, inSync, [.. Configuration.Members.Except(inSync)]);
    }

    private int Committed()
    {
        var inSync = Configuration!.InSync;
        var lengths = inSync.Select(n => n == self ? Log.Count : _backups[n].Length).OrderDescending().ToList();
        var holders = Policy.Ack switch
        {
            Ack.Async => 1,
            Ack.SemiSync => Policy.AckBackups + 1,
            Ack.Majority => (Policy.Replicas / 2) + 1,
            _ => inSync.Count < Policy.MinInSync ? int.MaxValue : inSync.Count,
        };
        return holders > lengths.Count ? 0 : lengths[holders - 1];
    }
}
