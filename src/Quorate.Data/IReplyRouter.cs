using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data;

/// <summary>Where replies of applied entries go. Called by the machine during <see cref="IStateMachine.Apply"/>.</summary>
public interface IReplyRouter
{
    /// <summary>The writer for this request's reply, or null when nobody waits any more.</summary>
    RespWriter? Begin(RequestId request);

    /// <summary>The reply is whole. Called for every <see cref="Begin"/> that gave a writer.</summary>
    void End(RequestId request);
}
