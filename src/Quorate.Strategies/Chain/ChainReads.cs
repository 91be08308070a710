using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Reads at a replica of the chain. Those that its own state cannot answer at once wait for one version query to the tail, which
/// serves all that have gathered. The asker needs no lease for this: what a tail under its lease had committed after the read
/// began is as new as any. [CRAQ §2.3]
/// </summary>
internal sealed class ChainReads(
    Step step, AcceptedEpoch accepted, Place place, Commits commits, DirtyKeys dirty, ReadQuestions questions)
{
    /// <summary>Whether the local state is the newest for the key; why it is: <see cref="Chain"/>.</summary>
    public bool MayRead(ulong keyHash, StepTime now)
    {
        if (place.Position is not { IsLearner: false } position || !accepted.HasLeaseAt(now)) return false;
        if (position.Tail is { HasAppliedAllCommitted: true }) return true;
        return accepted.Options.Craq && accepted.Rules.IsClean(dirty.IsDirty(keyHash));
    }

    public void Add(RequestId request) => questions.Add(request);

    /// <summary>Asks the tail for the reads that have gathered; a tail asks itself.</summary>
    public void Ask()
    {
        if (place.Position is not { } position) return;
        if (position.Tail is not { } tail)
        {
            if (!questions.TryAsk()) return;
            step.Out.Send(
                position.TailNode, new VersionQuery { Epoch = accepted.Epoch, Context = questions.Question });
        }
        else if (tail.MayAnswer && !questions.IsEmpty)
        {
            questions.AnswerAll(commits.CommitIndex);
            commits.ReleaseReads();
        }
    }

    public void HandleReply(VersionReply reply)
    {
        // A tail says what is committed: it need not be heard again through the chain.
        if (questions.TryAnswer(reply.Context, reply.Index)) commits.LearnCommit(reply.Index);
        commits.ReleaseReads();
    }

    public void OnTick() => questions.OnTick(step.Out);

    /// <summary>Whichever replica is the tail now is asked at once.</summary>
    public void OnEpochBegun() => questions.AskAgain();

    /// <summary>A read that was not done certainly was not.</summary>
    public void End(in Outcome outcome) => questions.End(outcome, step.Out);
}
