namespace Quorate.Replication.Tests.Ordered;

/// <summary>Effects of a replica of which only the outcomes matter: each as "r1 ReadNow".</summary>
internal sealed class Outcomes : Effects
{
    public List<string> Told { get; } = [];

    public override PersistPoint Append(ReadOnlySpan<byte> record) => throw new NotSupportedException();

    public override void Send(NodeId to, Message message, PersistPoint after = default) => throw new NotSupportedException();

    public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default) =>
        Told.Add($"{request} {outcome.Kind}");

    public override void Release(PersistPoint point) => throw new NotSupportedException();
}
