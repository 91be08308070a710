using Quorate.Cluster.Sessions;
using Quorate.Replication;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Keyspaces;

/// <summary>Gives the commands that change the cluster, one after another, at any node that answers; an order
/// whose outcome is not known is given again as often as is asked for.</summary>
internal sealed class SimOperator(SimCluster cluster, Prng prng) : ISimSession
{
    private const long Patience = 4 * World.Second;

    private readonly Queue<Order> _orders = new();
    private readonly List<byte> _received = [];
    private ClientSession? _session;
    private SimNode? _node;
    private long _attempt;
    private bool _isBusy;

    private sealed record Order(string[] Words, bool Insists);

    /// <summary>Everything asked for was answered or given up.</summary>
    public bool IsIdle => !_isBusy && _orders.Count == 0;

    /// <param name="command">Words with single blanks between them.</param>
    /// <param name="insists">Until it is done or refused for good.</param>
    public void Ask(string command, bool insists)
    {
        if (_orders.Count > 20 && !insists) return;
        _orders.Enqueue(new Order(command.Split(' '), insists));
        if (!_isBusy) Attempt();
    }

    public void OnReply(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received);
        if (ReplyText.TryTake(span, out _, out var isError, out var text)) End(isError ? text : null);
    }

    public void OnDisconnected()
    {
        _session = null;
        End("lost");
    }

    private void Attempt()
    {
        if (!_orders.TryPeek(out var order)) return;
        _isBusy = true;
        _node = cluster.Pick(prng);
        _session = _node.Connect(this);
        var attempt = ++_attempt;
        if (_session is null)
        {
            End("down");
            return;
        }

        cluster.World.After(Patience, () =>
        {
            if (attempt == _attempt) End("silent");
        });
        _node.Execute(_session, new CommandText(order.Words));
    }

    private void End(string? error)
    {
        if (!_isBusy) return;
        _attempt++;
        var order = _orders.Peek();
        cluster.World.Log($"operator at {_node!.Id}: {string.Join(' ', order.Words)}: {error ?? "OK"}");
        if (_session is not null) _node!.Disconnect(_session);
        _session = null;
        _received.Clear();
        // "ERR" is an answer: what was asked for is there already, or cannot be.
        var isOver = error is null
            || !order.Insists
            || (error.StartsWith("ERR", StringComparison.Ordinal)
                && !error.Contains("nodes than are up", StringComparison.Ordinal));
        // Others may have to be carried out first: a node that leaves comes back, and then there are enough.
        _orders.Dequeue();
        if (!isOver) _orders.Enqueue(order);
        cluster.World.After(20 * World.Millisecond + prng.Below(200 * World.Millisecond), () =>
        {
            _isBusy = false;
            Attempt();
        });
    }
}
