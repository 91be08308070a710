using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Reads;

/// <summary>A replica's side of reads that came to another node: answers each run from one state, or says that it
/// cannot.</summary>
internal sealed class ReadInbox(IReadableGroup group, IGroupNode node, ReadStatistics statistics)
{
    /// <summary>Runs that wait for leave to read; more are refused at once.</summary>
    private const int MostRuns = 10_000;

    /// <summary>Of a run, no more is answered once there are so many bytes: a few bytes may ask for a lot. The asker comes again
    /// for the rest.</summary>
    private const int MostAnswerBytes = 1 << 20;

    /// <summary>What waits longer is given back, so that the asker tries another replica.</summary>
    private const long Patience = 300 * StepTime.NanosecondsPerMillisecond;

    private readonly ReadAnswers _answers = new(group.Hosting);
    private readonly List<CommandSpec> _specs = []; // of the run that is looked at
    private readonly SortedDictionary<long, Waiting> _waiting = [];
    private readonly SessionPositions _seen = new();
    private readonly RespWriter _reply = new();
    private ArgRange[] _ranges = new ArgRange[16];
    private long _lastTicket;

    private sealed record Waiting(NodeId Origin, long Session, byte[] Bytes, CommandSpec[] Specs, long Since);

    /// <summary>Runs that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>False: the message makes no sense.</summary>
    public bool OnReads(NodeId origin, ReadsAsked message, StepTime now)
    {
        for (var runs = message.Runs.Span; runs.Length > 0;)
        {
            var before = runs;
            if (!RunCodec.TryTake(ref runs, out var run)) return false;
            Take(origin, message.Session, run, before[..(before.Length - runs.Length)], now);
        }

        return true;
    }

    /// <summary>Leave to read, or the news that there is none, for a run that waits.</summary>
    public void OnOutcome(in PendingRequest request, in Outcome outcome, StepTime now)
    {
        if (!_waiting.Remove(request.Sequence, out var waiting)) return;
        ReadOnlySpan<byte> bytes = waiting.Bytes;
        Invariant.Require(RunCodec.TryTake(ref bytes, out var run), "a run of reads that waits was readable when it came");
        _specs.Clear();
        _specs.AddRange(waiting.Specs);
        if (outcome.Kind != OutcomeKind.ReadNow) _answers.Refuse(waiting.Origin, waiting.Session, run.Ticket, RunOutcome.Unable);
        else if (run.Rule.IsNewest) Execute(waiting.Origin, waiting.Session, run, now);
        else Settle(waiting.Origin, waiting.Session, run, Judge(run, now), now);
    }

    public void OnTick(StepTime now)
    {
        while (_waiting.Count > 0)
        {
            var (ticket, oldest) = _waiting.First();
            if (now.Nanoseconds - oldest.Since < Patience) break;
            _waiting.Remove(ticket);
            ReadOnlySpan<byte> bytes = oldest.Bytes;
            Invariant.Require(RunCodec.TryTake(ref bytes, out var run), "a run of reads that waits was readable when it came");
            _answers.Refuse(oldest.Origin, oldest.Session, run.Ticket, RunOutcome.Unable);
        }
    }

    public void Flush() => _answers.Flush();

    private void Take(NodeId origin, long session, in AskedRun run, ReadOnlySpan<byte> bytes, StepTime now)
    {
        if (!IsReadable(run))
        {
            _answers.Refuse(origin, session, run.Ticket, RunOutcome.Unable);
            return;
        }

        var verdict = Judge(run, now);
        if (verdict != ReadVerdict.Ask)
        {
            Settle(origin, session, run, verdict, now);
        }
        else if (_waiting.Count >= MostRuns)
        {
            _answers.Refuse(origin, session, run.Ticket, RunOutcome.Unable);
        }
        else
        {
            var ticket = ++_lastTicket;
            _waiting.Add(ticket, new Waiting(origin, session, bytes.ToArray(), [.. _specs], now.Nanoseconds));
            group.AskForLeave(RequestOwner.PeerRead, null, ticket, KeyHashOf(run), now);
        }
    }

    private ReadVerdict Judge(in AskedRun run, StepTime now)
    {
        if (group.IsDelayed) return ReadVerdict.Elsewhere; // a node that has not heard of the delay yet sent the run
        _seen.Clear();
        run.NotePoints(_seen, group.Hosting.Id);
        return group.Judge(run.Rule, _seen, now);
    }

    private void Settle(NodeId origin, long session, in AskedRun run, ReadVerdict verdict, StepTime now)
    {
        if (verdict == ReadVerdict.Now) Execute(origin, session, run, now);
        else _answers.Refuse(origin, session, run.Ticket, verdict == ReadVerdict.Lost ? RunOutcome.Lost : RunOutcome.Unable);
    }

    private void Execute(NodeId origin, long session, in AskedRun run, StepTime now)
    {
        var answers = _answers.To(origin, session);
        var start = answers.Length;
        RunCodec.BeginAnswer(answers, run.Ticket, RunOutcome.Answered, group.Reached, run.Count);
        var commands = run.Commands;
        var answered = 0;
        while (answered < run.Count && answers.Length - start < MostAnswerBytes)
        {
            var isEntry = EntryCodec.TryRead(RunCodec.NextPiece(ref commands), ref _ranges, out var header, out var args);
            Invariant.Require(isEntry, "a run was looked at before");
            _reply.Clear();
            _reply.Protocol = header.Protocol;
            if (!group.TryRead(_specs[answered], header.Database, args, _reply, run.Rule, now))
            {
                // The asker comes again, when the log's clock has moved on.
                answers.Truncate(start);
                node.AwaitClock(group);
                _answers.Refuse(origin, session, run.Ticket, RunOutcome.Unable);
                return;
            }

            RunCodec.AddCommand(answers, _reply.Written.Span);
            answered++;
        }

        RunCodec.SetCount(answers, start, answered);
        statistics.AnsweredForPeers += answered;
        group.Hosting.NeedsTurnEnd();
    }

    /// <summary>Every command of it is a read of this version's: notes which.</summary>
    private bool IsReadable(in AskedRun run)
    {
        var commands = run.Commands;
        _specs.Clear();
        for (var i = 0; i < run.Count; i++)
        {
            var isEntry = EntryCodec.TryRead(RunCodec.NextPiece(ref commands), ref _ranges, out var header, out var args);
            if (!isEntry || header.Kind != KeyspaceEntryKind.Command) return false;
            if (group.Find(args) is not { Route: CommandRoute.Read } spec || !spec.AcceptsCount(args.Count)) return false;
            _specs.Add(spec);
        }

        return run.Count > 0;
    }

    private ulong KeyHashOf(in AskedRun run)
    {
        var commands = run.Commands;
        if (run.Count != 1 || !run.Rule.IsNewest) return 0;
        return EntryCodec.TryRead(RunCodec.NextPiece(ref commands), ref _ranges, out _, out var args)
            ? group.KeyHashOf(_specs[0], args) : 0;
    }
}
