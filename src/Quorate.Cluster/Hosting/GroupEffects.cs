using Quorate.Replication;

namespace Quorate.Cluster.Hosting;

/// <summary>
/// The node's <see cref="Effects"/> for one group. What must wait for durability waits here, in the order it was said;
/// everything else goes out at once.
/// </summary>
internal sealed class GroupEffects(HostedGroup group, IGroupNode node) : Effects
{
    private readonly List<Held> _held = [];
    private PersistPoint _last;

    public PersistPoint Durable { get; private set; }

    /// <summary>Behind the last record, appended or read back.</summary>
    public PersistPoint End => new(Math.Max(_last.Value, Durable.Value) + 1);

    /// <summary>Something was appended that is not durable yet.</summary>
    public bool AwaitsJournal => _last > Durable;

    public override PersistPoint Append(ReadOnlySpan<byte> record)
    {
        var point = node.Host.AppendToJournal(group.Id, record);
        _last = point;
        node.AwaitJournal(group);
        node.HasEffects(group);
        return point;
    }

    public override void Send(NodeId to, Message message, PersistPoint after)
    {
        if (after <= Durable) node.SendTo(to, group, message);
        else _held.Add(new Held(after, to, message, default, default));
    }

    public override void Reply(RequestId request, in Outcome outcome, PersistPoint after)
    {
        if (after <= Durable) group.Hosted.OnOutcome(request, outcome);
        else _held.Add(new Held(after, default, null, request, outcome));
    }

    public override void Release(PersistPoint point) => node.Host.ReleaseJournal(group.Id, point);

    /// <summary>What was read back from the journal is durable; what is said by it waits for nothing.</summary>
    public void OnRecovered(PersistPoint point) => Durable = point;

    /// <summary>Lets out what waited for the journal to reach <paramref name="durable"/>.</summary>
    public void OnPersisted(PersistPoint durable)
    {
        if (durable > Durable) Durable = durable;
        var kept = 0;
        for (var i = 0; i < _held.Count; i++)
        {
            var held = _held[i];
            if (held.After > Durable)
            {
                _held[kept++] = held;
                continue;
            }

            if (held.Message is { } message) node.SendTo(held.To, group, message);
            else group.Hosted.OnOutcome(held.Request, held.Outcome);
        }

        _held.RemoveRange(kept, _held.Count - kept);
    }

    private readonly record struct Held(PersistPoint After, NodeId To, Message? Message, RequestId Request, Outcome Outcome);
}
