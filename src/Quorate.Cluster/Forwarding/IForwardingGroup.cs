using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>A group as forwarding sees it, on the side of the node that forwards.</summary>
internal interface IForwardingGroup
{
    HostedGroup Hosting { get; }

    /// <summary>Commands that another node forwarded, or this one to itself. False: the message makes no sense.</summary>
    bool OnRequests(NodeId from, ForwardRequests requests, StepTime now);

    /// <summary>Replies to commands that this node forwarded. False: the message makes no sense.</summary>
    bool OnForwardReplies(ForwardReplies message, StepTime now);

    /// <summary>The node to which commands were forwarded says nothing.</summary>
    void OnSilence(StepTime now);
}

/// <summary>A group with one order of all writes as forwarding sees it, on the side of the node that is to order them.</summary>
internal interface IOrderingGroup : IForwardingGroup
{
    RequestTable Requests { get; }

    /// <summary>How far the state here is in the group's history.</summary>
    HistoryPoint Reached { get; }

    /// <summary>Replicas vote on the reads that are forwarded.</summary>
    bool VotesOnReads { get; }

    /// <summary>The leader's stamp for an entry.</summary>
    long Stamp(StepTime now);

    /// <summary>The command that the words name; null when this version does not know it.</summary>
    CommandSpec? Find(in CommandArgs args);

    /// <summary>What the strategy tells keys from each other by; 0 when it does not.</summary>
    ulong KeyHashOf(CommandSpec spec, in CommandArgs args);

    void Propose(RequestId id, ReadOnlySpan<byte> entry, ulong keyHash, StepTime now);

    /// <summary>Has every replica execute a read; the asker gets what the majority replies.</summary>
    void AskRead(in PendingRequest asker, in EntryHeader header, in CommandArgs args, StepTime now);

    /// <summary>The kept reply of a forwarded command. False: not executed for good, or forgotten.</summary>
    bool TryGetSessionReply(long session, long sequence, out ReadOnlyMemory<byte> reply);

    /// <summary>Answers commands of another node that this one is not to order.</summary>
    bool Refuse(NodeId origin, ForwardRequests requests, StepTime now);
}
