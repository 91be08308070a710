using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// <see cref="Ship.State"/> at the primary: commands gather, and a batch of them is executed when it is ordered; what goes
/// into the log is the state they led to. The state machine is then ahead of what is committed, so only one batch is out
/// at a time: between two batches all that was executed is committed, and that is when reads are let through and the
/// newest state is sent to who is behind. The machine answers a command when it executes it; the answer counts when the
/// batch is committed, which <see cref="OutcomeKind.Done"/> tells the request's owner.
/// </summary>
internal sealed class StateShipper(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, LogMarks marks, Commits commits, IStateShipping shipping)
{
    private readonly List<(RequestId Request, int Length)> _gathered = [];
    private readonly ArrayBufferWriter<byte> _commands = new();
    private readonly ArrayBufferWriter<byte> _effect = new();
    private LogIndex _told = log.LastIndex;
    private long _executedAt;

    /// <summary>Those who could have committed the batch that is out are silent. Whoever is to stand in for them may lack more
    /// than the log holds, and between batches, when a snapshot could be begun, is not before they do.</summary>
    public bool IsStuck =>
        commits.LastApplied > marks.CommitIndex
            && step.Now.Nanoseconds - _executedAt >= accepted.Options.BackupSilenceNanoseconds;

    public void Add(ReadOnlySpan<byte> command, RequestId request)
    {
        _commands.Write(command);
        _gathered.Add((request, command.Length));
    }

    /// <summary>Executes all that has gathered, if nothing is out.</summary>
    public void TryExecute()
    {
        if (_gathered.Count == 0 || marks.CommitIndex < log.LastIndex || commits.LastApplied < log.LastIndex) return;
        _executedAt = step.Now.Nanoseconds;
        var commands = _commands.WrittenSpan;
        foreach (var (request, length) in _gathered)
        {
            _effect.ResetWrittenCount();
            var index = log.LastIndex.Next;
            shipping.Execute(index, commands[..length], request, _effect);
            log.Append(accepted.Configuration!.Epoch, EntryKind.Effect, _effect.WrittenSpan);
            commits.Applier.NoteExecuted(index);
            commits.Waiting.Add(index, request);
            commands = commands[length..];
        }

        _gathered.Clear();
        _commands.ResetWrittenCount();
    }

    /// <summary>What the machine answered to those who wait up to the commit index counts now.</summary>
    public void OnCommitAdvanced()
    {
        while (_told < marks.CommitIndex)
        {
            _told = _told.Next;
            var request = commits.Waiting.Take(_told);
            if (!request.IsNone) step.Out.Reply(request, Outcome.Done);
        }
    }

    /// <summary>What was not executed certainly was not.</summary>
    public void End(NodeId next)
    {
        foreach (var (request, _) in _gathered) step.Out.Reply(request, Outcome.NotLeader(next));
        _gathered.Clear();
        _commands.ResetWrittenCount();
    }
}
