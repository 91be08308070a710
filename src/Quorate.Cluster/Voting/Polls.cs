using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Replication.Voting;
using Quorate.Resp;

namespace Quorate.Cluster.Voting;

/// <summary>
/// The questions that this node, leading the group, has put to all replicas and whose answers it still counts: digests and
/// voted reads. Each is an entry of the log, so every replica answers on the state of that very index.
/// </summary>
internal sealed class Polls(
    IVotingGroup group, IGroupNode node, VotingFigures figures, Action<NodeId, MajorityGate, string> onDissent,
    Action<string> onDisagreement)
{
    /// <summary>More reads at once are refused; the client may try again.</summary>
    private const int MostReads = 10_000;

    private const int MostDigests = 32;

    private readonly Dictionary<long, Poll> _polls = [];
    private readonly Queue<Poll> _reads = new(); // oldest first; some are decided already
    private readonly Queue<Poll> _digests = new();
    private readonly Queue<(PendingRequest Asker, byte[] Command)> _again = new();
    private byte[] _entry = new byte[256];
    private ArgRange[] _ranges = new ArgRange[16];
    private long _last;

    public bool AreOpen => _polls.Count > 0;

    public bool MayAskDigest => _digests.Count < MostDigests;

    public void AskDigest(StateRange range, StepTime now)
    {
        var poll = new Poll(++_last, group.VotersOfDigests)
        {
            Range = range,
            DueAt = now.Nanoseconds + Nanoseconds(node.Options.Divergence.DigestPatienceMilliseconds),
        };
        _digests.Enqueue(poll);
        var length = EntryCodec.WriteDigest(ref _entry, group.Stamp(now), node.Life, poll.Number, range);
        Propose(poll, length, now);
    }

    /// <summary>Has every replica execute a read; the asker gets what the majority replies.</summary>
    public void AskRead(in PendingRequest asker, int database, int protocol, in CommandArgs args, StepTime now)
    {
        if (_reads.Count >= MostReads)
        {
            group.AnswerPoll(asker, "-TRYAGAIN too many voted reads are waiting; nothing was done\r\n"u8);
            return;
        }

        var length = EntryCodec.WriteCommand(ref _entry, 0, database, protocol, args);
        AskRead(asker, _entry.AsSpan(0, length).ToArray(), isWhole: false, now);
    }

    /// <summary>A replica's answer.</summary>
    public void Count(NodeId from, long number, LogIndex index, ulong value, bool isWhole, ReadOnlySpan<byte> reply)
    {
        if (!_polls.TryGetValue(number, out var poll) || !group.Voters.Contains(from) || !poll.Gate.Add(from, index, value))
            return;
        if (from == node.Options.Self) Forget(poll);
        if (isWhole && poll.Range is null) poll.Keep(value, reply);
        while (poll.TryTakeDissenter(group.Voters, out var dissenter)) onDissent(dissenter, poll.Gate, NameOf(poll));
        if (!poll.IsAnswered) TryAnswer(poll);
        if (poll.Gate.HasAll) End(poll);
    }

    /// <summary>The entry was not taken, or its fate is unknown: the asker may ask again.</summary>
    public void OnOutcome(long number, in Outcome outcome)
    {
        if (!_polls.Remove(number, out var poll)) return;
        poll.Request = default;
        if (poll.IsAnswered) return;
        var asker = poll.Asker;
        poll.Asker = default;
        group.FailPoll(asker, outcome);
    }

    /// <summary>Between steps: asks again where that is to be done.</summary>
    public void OnTurnEnd(StepTime now)
    {
        for (var n = _again.Count; n > 0; n--)
        {
            var (asker, command) = _again.Dequeue();
            AskRead(asker, command, isWhole: true, now);
        }
    }

    public void OnTick(StepTime now)
    {
        EndDue(_digests, now);
        EndDue(_reads, now);
    }

    private static long Nanoseconds(int milliseconds) => milliseconds * StepTime.NanosecondsPerMillisecond;

    private void AskRead(in PendingRequest asker, byte[] command, bool isWhole, StepTime now)
    {
        var poll = new Poll(++_last, group.VotersOfReads)
        {
            Asker = asker,
            Command = command,
            IsWhole = isWhole,
            DueAt = now.Nanoseconds + Nanoseconds(node.Options.Divergence.ReadPatienceMilliseconds),
        };
        _reads.Enqueue(poll);
        Invariant.Require(EntryCodec.TryRead(command, ref _ranges, out var header, out var args), "it was written here");
        var length = EntryCodec.WriteVotedRead(
            ref _entry, group.Stamp(now), header.Database, header.Protocol, node.Life, poll.Number, isWhole, args);
        Propose(poll, length, now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    private void Propose(Poll poll, int length, StepTime now)
    {
        _polls.Add(poll.Number, poll);
        poll.Request = group.Requests.Add(RequestOwner.Poll, null, poll.Number);
        // No key's hash: a chain need not take any key for changed.
        group.Propose(poll.Request, _entry.AsSpan(0, length), keyHash: 2, now);
    }

    private void TryAnswer(Poll poll)
    {
        if (poll.Range is not null) return;
        var asker = poll.Asker;
        if (poll.Gate.IsDecided && poll.TryGetReply(poll.Gate.Result, out var reply))
        {
            figures.VotedReads++;
            if (poll.Gate.HasDisagreement) figures.MaskedReads++;
            poll.Asker = default;
            group.AnswerPoll(asker, reply);
        }
        else if (poll.Gate.IsDecided && !poll.IsWhole && poll.Gate.HasAll)
        {
            AskAgain(poll);
        }
        else if (poll.Gate.IsHopeless)
        {
            FailUndecided(poll);
        }
    }

    /// <summary>The replicas with the winning reply told only its hash, for it is long: all are asked for the whole of it, on a
    /// later state. Not from within the step in which the answer came.</summary>
    private void AskAgain(Poll poll)
    {
        _again.Enqueue((poll.Asker, poll.Command));
        poll.Asker = default;
        group.Hosting.NeedsTurnEnd();
    }

    private void FailUndecided(Poll poll)
    {
        figures.UndecidedReads++;
        var asker = poll.Asker;
        poll.Asker = default;
        group.AnswerPoll(asker, System.Text.Encoding.UTF8.GetBytes(
            $"-TRYAGAIN no {(group.VotersOfReads / 2) + 1} of {group.VotersOfReads} replicas gave the same answer in time; "
                + $"nothing was done\r\n"));
        if (poll.Gate.HasDisagreement) Disagree(poll);
    }

    private void EndDue(Queue<Poll> queue, StepTime now)
    {
        while (queue.TryPeek(out var poll) && (!_polls.ContainsKey(poll.Number) || now.Nanoseconds >= poll.DueAt))
        {
            queue.Dequeue();
            if (_polls.ContainsKey(poll.Number)) End(poll);
        }
    }

    private void End(Poll poll)
    {
        _polls.Remove(poll.Number);
        Forget(poll);
        if (poll.Range is null)
        {
            if (poll.IsAnswered) return;
            if (poll.Gate.IsDecided && !poll.IsWhole)
                AskAgain(poll);
            else
                FailUndecided(poll);
        }
        else if (poll.Gate.IsDecided)
        {
            if (!poll.Gate.HasDisagreement) figures.RangesAgreed++;
        }
        else
        {
            figures.RangesUndecided++;
            if (poll.Gate.HasDisagreement) Disagree(poll);
        }
    }

    private void Disagree(Poll poll)
    {
        figures.Disagreements++;
        onDisagreement(NameOf(poll));
    }

    private void Forget(Poll poll)
    {
        group.Requests.Remove(poll.Request);
        poll.Request = default;
    }

    private static string NameOf(Poll poll) => poll.Range is { } range ? $"range {range}" : "a voted read";
}
