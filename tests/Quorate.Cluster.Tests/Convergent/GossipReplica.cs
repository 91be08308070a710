using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Convergent;

/// <summary>The least that a merging strategy can be: executes here, journals, and sends each delta to whoever the cluster
/// lets it reach, once. Learners ask to be counted at once.</summary>
internal sealed class GossipReplica(
    LocalCluster cluster, NodeId self, IMergeMachine machine, List<GossipReplica> all) : IConfiguredReplica
{
    private readonly List<(byte[] Delta, HashSet<NodeId> Lack)> _unsent = [];

    public GroupConfiguration? Configuration { get; private set; }

    public ReplicaReport Report => new(Configuration?.Epoch ?? default, default, default, default, NeedsState: false);

    public GroupConfiguration? Wanted => Configuration is { } c && c.Learners.Contains(self)
        ? c with { Epoch = c.Epoch.Next, InSync = [.. c.InSync, self], Learners = [] }
        : null;

    public NodeId Leader => default;

    public bool IsLeader => Configuration is { } c && c.InSync.Contains(self);

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => machine.TryRecover(record);

    public void Start(StepTime now, Effects effects)
    {
        machine.RemembersAll();
        all.RemoveAll(r => r != this && r.Self == self);
        all.Add(this);
    }

    public NodeId Self => self;

    /// <summary>What requests are answered with in place of being executed; null: they are executed.</summary>
    public Outcome? Refusal { get; set; }

    public List<string> Asked { get; } = [];

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Asked.Add($"{request.Kind} {request.KeyHash != 0}");
        if (Refusal is { } refusal)
        {
            if (refusal.Kind != OutcomeKind.Done) effects.Reply(request.Id, refusal);
            return;
        }

        var (reply, delta) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        var after = default(PersistPoint);
        if (machine.Execute(request.Payload, now, reply, delta))
        {
            after = effects.Append(delta.WrittenSpan);
            _unsent.Add((delta.WrittenSpan.ToArray(), [.. Configuration!.Members.Where(n => n != self)]));
        }

        machine.Keep(request.Id, reply.WrittenSpan);
        effects.Reply(request.Id, Outcome.Done, after);
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
    }

    public void OnTick(StepTime now, Effects effects)
    {
        foreach (var (delta, lack) in _unsent)
        {
            foreach (var peer in all
                .Where(r => lack.Contains(r.Self) && !cluster.Cut.Contains((self.Value, r.Self.Value))).ToList())
            {
                peer.Merge(delta, now);
                lack.Remove(peer.Self);
            }
        }

        _unsent.RemoveAll(u => u.Lack.Count == 0);
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
    }

    public bool MayReadLocally(StepTime now) => false;

    public void Describe(StringBuilder text) => text.Append("gossip");

    public void CheckInvariants()
    {
    }

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects) => Configuration = configuration;

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects) =>
        throw new InvalidOperationException("nobody leases anything here");

    private void Merge(byte[] delta, StepTime now) =>
        machine.TryMerge(delta, now).Kind.ShouldBeOneOf(
            Replication.Causality.MergeKind.Merged, Replication.Causality.MergeKind.Known);
}
