using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>What this node's clients ask of a group and other nodes answer. It outlives the object that stands for the group on
/// this node: the one that takes its place goes on with what has no answer.</summary>
internal abstract class Outgoing
{
    /// <summary>Nothing is without an answer.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Another object stands for the same group on this node.</summary>
    public abstract void MoveTo(IForwardingGroup group);

    /// <summary>Takes a client's command that other nodes are to execute; its reply comes to the session's slot.</summary>
    public abstract void Enqueue(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now);

    /// <summary>The client waits no longer. True when the command may have been, or may still be, executed.</summary>
    public abstract bool GiveUp(IAsker session, long slot);

    /// <summary>The client is gone; what was begun goes on.</summary>
    public abstract void Forget(IAsker session);

    public abstract void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now);

    /// <summary>A member says in which life it is.</summary>
    public virtual void OnLife(NodeId member, long life, StepTime now)
    {
    }

    /// <summary>Answers commands of another node while no replica is here. False: the message makes no sense.</summary>
    public abstract bool Refuse(NodeId origin, ForwardRequests requests, StepTime now);

    /// <summary>Takes reads to other replicas; null where reads are handed on as writes are.</summary>
    public virtual RemoteReads? Reads => null;

    /// <summary>Another replica has answered reads. False: the message makes no sense.</summary>
    public virtual bool OnReads(NodeId from, ReadsAnswered answered, StepTime now) => true;

    public virtual void OnLeaderChanged(StepTime now)
    {
    }

    public abstract void OnTick(StepTime now);

    /// <summary>The turn ends: what gathered is sent.</summary>
    public abstract void Flush(StepTime now);
}
