using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>Stands where this node has no replica of a group: everything goes to one that has. The leader is what the map
/// says, for a group that elects for itself what its members last said.</summary>
internal sealed class AbsentReplica(Func<NodeId> leader) : IReplica
{
    public NodeId Leader => leader();

    public bool IsLeader => false;

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => true;

    public void Start(StepTime now, Effects effects)
    {
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects) =>
        effects.Reply(request.Id, Outcome.NotLeader(Leader));

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
    }

    public void OnTick(StepTime now, Effects effects)
    {
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

    public void Describe(StringBuilder text) => text.Append("absent, leader ").Append(Leader);

    public void CheckInvariants()
    {
    }
}
