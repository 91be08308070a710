using System.Text;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>A group as forwarding needs it: the test sets the leader, and says whether a proposed entry goes into the log or is
/// refused.</summary>
internal sealed class ForwardingGroup : IHosted, IOrderingGroup, IReplica
{
    private readonly ForwardingNode _node;

    public ForwardingGroup(ForwardingNode node)
    {
        _node = node;
        Hosting = new HostedGroup(new GroupId(9), this, node);
        Inbox = new ForwardInbox(this, node.Options.Self);
    }

    public HostedGroup Hosting { get; }

    public ForwardInbox Inbox { get; }

    public RequestTable Requests { get; } = new();

    public NodeId Leader { get; set; }

    public bool IsLeader => Leader == _node.Options.Self;

    /// <summary>Every proposal ends with it at once; null: it goes into the log.</summary>
    public Outcome? Refusal { get; set; }

    /// <summary>The words of every entry in the log.</summary>
    public List<string> Log { get; } = [];

    public IReplica Replica => this;

    public HistoryPoint Reached => default;

    public bool VotesOnReads => false;

    public long Stamp(StepTime now) => 1;

    public CommandSpec? Find(in CommandArgs args) => OrderedCommands.Instance.Find(args);

    public ulong KeyHashOf(CommandSpec spec, in CommandArgs args) => 0;

    public void Propose(RequestId id, ReadOnlySpan<byte> entry, ulong keyHash, StepTime now)
    {
        if (Refusal is not { } refusal)
        {
            Log.Add(WordsOf(entry));
            return;
        }

        Requests.TryPeek(id, out var request).ShouldBeTrue();
        Requests.Remove(id);
        Inbox.OnOutcome(request, refusal);
    }

    public static string WordsOf(ReadOnlySpan<byte> entry)
    {
        var ranges = new ArgRange[8];
        EntryCodec.TryRead(entry, ref ranges, out _, out var args).ShouldBeTrue();
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++) words.Add(Encoding.UTF8.GetString(args[i]));
        return string.Join(' ', words);
    }

    public void AskRead(in PendingRequest asker, in EntryHeader header, in CommandArgs args, StepTime now) =>
        throw new NotSupportedException("replicas do not vote here");

    public bool TryGetSessionReply(long session, long sequence, out ReadOnlyMemory<byte> reply)
    {
        reply = default;
        return false;
    }

    public bool Refuse(NodeId origin, ForwardRequests requests, StepTime now) => true;

    public bool OnRequests(NodeId from, ForwardRequests requests, StepTime now) => Inbox.OnRequests(from, requests, now);

    public bool OnForwardReplies(ForwardReplies message, StepTime now) => true;

    public void OnSilence(StepTime now)
    {
    }

    public bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now) => true;

    public void OnOutcome(RequestId id, in Outcome outcome)
    {
    }

    public void OnTick(StepTime now)
    {
    }

    public void OnTurnEnd(StepTime now)
    {
    }

    public void AfterStep(StepTime now)
    {
    }

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => true;

    public void Start(StepTime now, Effects effects)
    {
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
    }

    public void OnTick(StepTime now, Effects effects)
    {
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
    }

    public bool MayReadLocally(StepTime now) => false;

    public void Describe(StringBuilder text) => text.Append("stand-in");

    public void CheckInvariants()
    {
    }
}
