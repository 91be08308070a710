using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>Executes a command that the node answers itself, without a state machine.</summary>
public delegate void NodeCommandHandler(NodeCommand command, in CommandArgs args);

/// <summary>
/// One command that the node answers itself, while it is executed: the client that asks, what the node can see, where the reply
/// goes. May be used again for the session's next command, unless it waits (<see cref="IsWaiting"/>).
/// </summary>
public sealed class NodeCommand(SessionState session, INodeView node, RespWriter reply)
{
    private Func<bool>? _tryAnswer;

    public SessionState Session { get; } = session;

    public INodeView Node { get; } = node;

    public RespWriter Reply { get; } = reply;

    /// <summary>The step in which the command (or, for one that waits, its latest attempt) is executed.</summary>
    public StepTime Now { get; internal set; }

    /// <summary>The command's reply is not wanted (CLIENT REPLY): what it writes is taken back.</summary>
    public bool IsSilent { get; internal set; }

    /// <summary>True until the command has been answered, when its handler could not answer at once.</summary>
    public bool IsWaiting => _tryAnswer is not null;

    /// <summary>When to give up waiting (monotonic, as <see cref="StepTime.Nanoseconds"/>); <see cref="long.MaxValue"/>:
    /// never.</summary>
    public long DeadlineNanoseconds { get; private set; }

    /// <summary>True in the last attempt, which must answer.</summary>
    public bool TimedOut { get; private set; }

    /// <summary>For handlers: the reply comes later. The session's later replies wait behind it.</summary>
    /// <param name="deadlineNanoseconds">See <see cref="DeadlineNanoseconds"/>.</param>
    /// <param name="tryAnswer">Writes the reply and returns true when it can; must when <see cref="TimedOut"/>. It must not
    /// keep the command's arguments, whose memory is gone by then.</param>
    public void WaitUntil(long deadlineNanoseconds, Func<bool> tryAnswer)
    {
        Invariant.Require(_tryAnswer is null, "a command waits for one thing");
        DeadlineNanoseconds = deadlineNanoseconds;
        _tryAnswer = tryAnswer;
        Session.IsBlocked = true;
    }

    /// <summary>For the session: call when something that the command may wait for has happened, and at least once per
    /// tick. At the deadline the command answers in any case.</summary>
    /// <returns>True when the command is answered now.</returns>
    public bool TryAnswer(StepTime now)
    {
        Invariant.Require(_tryAnswer is not null, "only a waiting command is tried again");
        Now = now;
        TimedOut = now.Nanoseconds >= DeadlineNanoseconds;
        var start = Reply.Length;
        if (!_tryAnswer())
        {
            Invariant.Require(!TimedOut, "a command answers at its deadline");
            return false;
        }

        if (IsSilent) Reply.Truncate(start);
        _tryAnswer = null;
        Session.IsBlocked = false;
        TimedOut = false;
        return true;
    }
}
