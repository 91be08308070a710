using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Echo;

/// <summary>Applies each write once its own journal has it. It never forgets its journal and makes no snapshots.</summary>
internal sealed class EchoReplica(NodeId self, IStateMachine machine) : IConfiguredReplica, IHistory
{
    private const byte AcceptedRecord = 1;
    private const byte EntryRecord = 2;
    private const int HeadBytes = 1 + sizeof(long);

    private readonly List<(Epoch Epoch, byte[] Payload, RequestId Request, PersistPoint Point)> _log = [];
    private PersistPoint _accepted;
    private PersistPoint _durable;
    private int _applied;

    public GroupConfiguration? Configuration { get; private set; }

    public GroupConfiguration? Wanted => null;

    public NodeId Leader => Configuration?.Leader ?? NodeId.None;

    public bool IsLeader => Leader == self && _accepted <= _durable;

    public IHistory History => this;

    public ReplicaReport Report => new(
        _accepted <= _durable
            ? Epoch : default, EpochAt(_applied), new LogIndex(_applied), new LogIndex(_applied), NeedsState: false);

    HistoryPoint IHistory.Reached => new(EpochAt(_applied), new LogIndex(_applied));

    bool IHistory.HasState => true;

    bool IHistory.IsCommitted => true;

    private Epoch Epoch => Configuration?.Epoch ?? default;

    Standing IHistory.Of(in HistoryPoint point) =>
        point.Under(History.Reached, EpochAt((int)Math.Min(point.Index.Value, _applied)));

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (record.Length < HeadBytes || record[0] is not (AcceptedRecord or EntryRecord)) return false;
        var epoch = new Epoch(BinaryPrimitives.ReadInt64LittleEndian(record[1..]));
        var content = record[HeadBytes..];
        _durable = point;
        if (record[0] == EntryRecord) _log.Add((epoch, content.ToArray(), default, point));
        else if (content.Length != sizeof(int)) return false;
        else Configuration = Of(epoch, new NodeId(BinaryPrimitives.ReadInt32LittleEndian(content)));
        return true;
    }

    public void Start(StepTime now, Effects effects) => Apply();

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        if (configuration.Epoch <= (Configuration?.Epoch ?? default)) return;
        Configuration = Of(configuration.Epoch, configuration.Leader);
        Span<byte> leader = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(leader, configuration.Leader.Value);
        _accepted = Append(AcceptedRecord, leader, effects);
    }

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        if (!IsLeader) effects.Reply(request.Id, Outcome.NotLeader(Leader));
        else if (request.Kind == RequestKind.Read) effects.Reply(request.Id, Outcome.ReadNow);
        else if (request.Kind != RequestKind.Write) effects.Reply(request.Id, Outcome.Unavailable("echo has one replica"));
        else _log.Add((Epoch, request.Payload.ToArray(), request.Id, Append(EntryRecord, request.Payload, effects)));
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
    }

    public void OnTick(StepTime now, Effects effects)
    {
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        _durable = durable;
        Apply();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
    }

    public bool MayReadLocally(StepTime now) => IsLeader;

    public void Describe(StringBuilder text) =>
        text.Append("echo ").Append(Epoch).Append(" applied ").Append(_applied).Append(" of ").Append(_log.Count);

    public void CheckInvariants() => Invariant.Require(_applied <= _log.Count, "only what was written is applied");

    private void Apply()
    {
        while (_applied < _log.Count && _log[_applied].Point <= _durable)
        {
            var (_, payload, request, _) = _log[_applied++];
            machine.Apply(new LogIndex(_applied), payload, request);
        }
    }

    private PersistPoint Append(byte kind, ReadOnlySpan<byte> payload, Effects effects)
    {
        var record = new byte[HeadBytes + payload.Length];
        record[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1), Epoch.Value);
        payload.CopyTo(record.AsSpan(HeadBytes));
        return effects.Append(record);
    }

    private static GroupConfiguration Of(Epoch epoch, NodeId leader) => new(epoch, leader, leader.IsNone ? [] : [leader], []);

    private Epoch EpochAt(int index) => index == 0 ? default : _log[index - 1].Epoch;
}
