using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Reads at a replica of the chain. Those that its own state cannot answer at once wait for one version query to the tail, which
/// serves all that have gathered. The asker needs no lease for this: what a tail under its lease had committed after the read
/// began is as new as any. [CRAQ §2.3]
/// </summary>
internal sealed class ChainReads(ChainReplica replica)
{
    private readonly ReadQuestions _questions =
        new(new QuestionNumbers(replica.Incarnation), replica.Options.QueryTicks, replica.Options.ReadPatienceTicks);

    /// <summary>Whether the local state is the newest for the key; why it is: <see cref="Chain"/>.</summary>
    public bool MayRead(ulong keyHash)
    {
        if (replica.Position is not { IsLearner: false } position || !replica.HasLease) return false;
        if (position.Tail is { HasAppliedAllCommitted: true }) return true;
        return replica.Options.Craq && replica.Rules.IsClean(replica.Dirty.IsDirty(keyHash));
    }

    public void Add(RequestId request) => _questions.Add(request);

    /// <summary>Asks the tail for the reads that have gathered; a tail asks itself.</summary>
    public void Ask()
    {
        if (replica.Position is not { } position) return;
        if (position.Tail is not { } tail)
        {
            if (!_questions.TryAsk()) return;
            replica.Out.Send(
                position.TailNode, new VersionQuery { Epoch = replica.Accepted.Epoch, Context = _questions.Question });
        }
        else if (tail.MayAnswer && !_questions.IsEmpty)
        {
            _questions.AnswerAll(replica.CommitIndex);
            Release();
        }
    }

    public void HandleReply(VersionReply reply)
    {
        // A tail says what is committed: it need not be heard again through the chain.
        if (_questions.TryAnswer(reply.Context, reply.Index)) replica.LearnCommit(reply.Index);
        Release();
    }

    /// <summary>Lets go the reads whose index the state here has reached.</summary>
    public void Release() => _questions.Release(replica.LastApplied, replica.Out);

    public void OnTick() => _questions.OnTick(replica.Out);

    /// <summary>Whichever replica is the tail now is asked at once.</summary>
    public void OnEpochBegun() => _questions.AskAgain();

    /// <summary>A read that was not done certainly was not.</summary>
    public void End(in Outcome outcome) => _questions.End(outcome, replica.Out);
}
