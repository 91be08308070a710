using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data;

/// <summary>Where replies of executed entries go. Called by the machine during <see cref="IStateMachine.Apply"/> and
/// <see cref="IStateShipping.Execute"/>.</summary>
public interface IReplyRouter
{
    /// <summary>The writer for this request's reply, or null when nobody waits any more.</summary>
    RespWriter? Begin(RequestId request);

    /// <summary>The reply is whole. Called for every <see cref="Begin"/> that gave a writer.</summary>
    void End(RequestId request);

    /// <summary>As <see cref="Begin"/>, for an entry that is executed before it is committed: the reply must leave the node
    /// only when the replica says <see cref="OutcomeKind.Done"/>, and never after any other outcome.</summary>
    RespWriter? BeginEarly(RequestId request);

    /// <summary>The early reply is whole. Called for every <see cref="BeginEarly"/> that gave a writer.</summary>
    void EndEarly(RequestId request);

    /// <summary>True while the reply to this sequence of a session waits for its outcome: nobody may be told it yet.</summary>
    bool IsEarly(long session, long sequence);

    /// <summary>A digest or a voted read was executed on the state of this entry. What came out, the digest's eight bytes or the
    /// reply, is valid during the call only.</summary>
    void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result)
    {
    }
}
