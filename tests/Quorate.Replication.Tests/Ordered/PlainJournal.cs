using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

/// <summary>The journal of a strategy with no state of its own.</summary>
internal sealed class PlainJournal<TStamp>(bool isDurable = true) : OrderedJournal<TStamp>(isDurable)
    where TStamp : struct, IStamp<TStamp>
{
    public const byte MarkKind = 9;

    public void Mark(
        LogIndex index, TStamp stamp, Effects effects, LogIndex? keepAfter = null, long mostKeptBytes = long.MaxValue)
    {
        var mark = SaveNumbers(MarkKind, effects, index.Value, stamp.Value);
        ReleaseThrough(index, mark, mark, keepAfter ?? index, mostKeptBytes);
    }
}

/// <summary>Keeps the records of one replica. Their points are 1 and up.</summary>
internal sealed class RecordedEffects : Effects
{
    private long _last;

    public List<(PersistPoint Point, byte[] Bytes)> Records { get; } = [];

    public PersistPoint Last => new(_last);

    public override PersistPoint Append(ReadOnlySpan<byte> record)
    {
        Records.Add((new(++_last), record.ToArray()));
        return new(_last);
    }

    public override void Release(PersistPoint point) => Records.RemoveAll(r => r.Point < point);

    public override void Send(NodeId to, Message message, PersistPoint after = default) => throw new NotSupportedException();

    public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default) =>
        throw new NotSupportedException();
}
