using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>A group as the replies of its replica find it.</summary>
internal interface IAnswering
{
    GroupId Id { get; }

    HistoryPoint Reached { get; }

    /// <summary>Gives the reply to the asker.</summary>
    void Answer(in PendingRequest request, ReadOnlySpan<byte> reply);

    void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result);
}

/// <summary>The requests that a group's replica has and whose replies are still to come: takes the machine's replies to them. The
/// reply that a session waits for first is written into its output at once.</summary>
internal sealed class PendingReplies(IAnswering group) : IReplyRouter
{
    private readonly RespWriter _scratch = new();

    public RequestTable Requests { get; } = new();

    public RespWriter? Begin(RequestId id)
    {
        if (!Requests.TryPeek(id, out var request) || request.Owner == RequestOwner.Poll) return null;
        if (request.Owner == RequestOwner.Client && request.Session!.WriterFor(request.Sequence) is { } direct) return direct;
        return BeginScratch(request);
    }

    public void End(RequestId id)
    {
        if (!Requests.TryPeek(id, out var request)) return;
        Requests.Remove(id);
        Note(request);
        if (request.Owner == RequestOwner.Client && request.Session!.WriterFor(request.Sequence) is not null)
            request.Session.OnHeadWritten();
        else group.Answer(request, _scratch.Written.Span);
    }

    public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result) => group.OnBallot(index, entry, result);

    /// <inheritdoc/>
    /// <remarks>Never the session's own output: what is there may leave the node.</remarks>
    public RespWriter? BeginEarly(RequestId id) => Requests.TryPeek(id, out var request) ? BeginScratch(request) : null;

    public void EndEarly(RequestId id) => Requests.KeepEarly(id, _scratch.Written.Span);

    public bool IsEarly(long session, long sequence) => Requests.IsEarly(session, sequence);

    /// <summary>Takes in an outcome that is not an applied entry. What was executed early was answered then, and the answer
    /// counts now that it is done.</summary>
    /// <returns>True when the outcome is all that there is to tell: the group tells it.</returns>
    public bool TryEnd(RequestId id, in Outcome outcome, out PendingRequest request)
    {
        if (!Requests.TryPeek(id, out request)) return false;
        var isAnswered = Requests.TryGetEarly(id, out var reply) && outcome.Kind == OutcomeKind.Done;
        Requests.Remove(id);
        if (!isAnswered) return true;
        Note(request);
        group.Answer(request, reply);
        return false;
    }

    private void Note(in PendingRequest request)
    {
        if (request.Session is { FollowsHistory: true } session) session.NoteSeen(group.Id, group.Reached);
    }

    private RespWriter BeginScratch(in PendingRequest request)
    {
        _scratch.Clear();
        _scratch.Protocol = request.Session?.Protocol ?? 2;
        return _scratch;
    }
}
