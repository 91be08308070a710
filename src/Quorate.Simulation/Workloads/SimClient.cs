using Quorate.Cluster;
using Quorate.Cluster.Sessions;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Workloads;

/// <summary>
/// One client: connected to one node at a time, with a few commands in flight, it records what it asked and what it was
/// told. When the node dies or does not answer in time it goes to another; what was in flight is then of unknown outcome.
/// An operation is never asked for twice.
/// </summary>
internal sealed class SimClient : ISimSession
{
    private static readonly string[] s_certain =
        ["READONLY", "TRYAGAIN", "NOREPLICAS", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MOVED", "MISCONF"];

    private readonly SimCluster _cluster;
    private readonly World _world;
    private readonly Prng _prng;
    private readonly Func<Wish?> _next;
    private readonly History _history;
    private readonly int _id;
    private readonly int _depth;
    private readonly long _meanThink;
    private readonly Queue<Operation> _inFlight = new();
    private readonly List<byte> _received = [];
    private SimNode? _node;
    private ClientSession? _session;
    private long _connection;
    private bool _isStopped;
    private bool _isSelecting;

    /// <param name="cluster">Where it connects to.</param>
    /// <param name="prng">Dice of its own.</param>
    /// <param name="next">What to ask next; null for nothing more.</param>
    /// <param name="history">Where it writes down what happens.</param>
    /// <param name="id">Its name in the history.</param>
    /// <param name="depth">Commands in flight at most.</param>
    /// <param name="meanThink">Mean time between two commands, in nanoseconds.</param>
    public SimClient(
        SimCluster cluster, Prng prng, Func<Wish?> next, History history, int id, int depth, long meanThink)
    {
        (_cluster, _world, _prng, _next, _history) = (cluster, cluster.World, prng, next, history);
        (_id, _depth, _meanThink) = (id, depth, meanThink);
    }

    /// <summary>How long a client waits before it gives up, in virtual nanoseconds.</summary>
    public long Patience { get; init; } = 3 * World.Second;

    /// <summary>What it selects first; null: nothing.</summary>
    public string? Keyspace { get; init; }

    /// <summary>The keyspace may be dropped meanwhile: then it says so, and nothing was done.</summary>
    public bool ToleratesDrop { get; init; }

    /// <summary>The node that it always connects to; null: any.</summary>
    public SimNode? At { get; init; }

    /// <summary>Called right before the node is asked, and right after it has answered.</summary>
    public Action<SimNode, Operation>? Asking { get; init; }

    /// <inheritdoc cref="Asking"/>
    public Action<SimNode, Operation>? Answered { get; init; }

    public int InFlight => _inFlight.Count;

    public bool IsStopped => _isStopped;

    public long OkCount { get; private set; }

    public void Start() => _world.After(_prng.Below(_meanThink + 1), Connect);

    /// <summary>Asks for nothing more; what is in flight goes on.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Ends the connection, as a client that crashed.</summary>
    public void Vanish()
    {
        if (_session is null) return;
        _world.Faults.Add(FaultKind.ClientGone);
        GiveUp();
    }

    /// <summary>The node died or closed the connection.</summary>
    public void OnDisconnected()
    {
        _session = null;
        GiveUp();
    }

    public void OnReply(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received);
        var at = 0;
        while (at < span.Length && ReplyText.TryTake(span[at..], out var consumed, out var isError, out var text))
        {
            at += consumed;
            if (_isSelecting)
            {
                if (!OnSelected(isError)) return;
                continue;
            }

            if (!_inFlight.TryDequeue(out var operation))
                throw new ReplyFailure($"client {_id} got a reply to nothing: {text}");
            Record(operation, isError, text);
        }

        _received.RemoveRange(0, at);
    }

    private void Connect()
    {
        if (_isStopped) return;
        _node = At ?? _cluster.Pick(_prng);
        _session = _node.Connect(this);
        var connection = ++_connection;
        if (_session is not null && Keyspace is { } keyspace)
        {
            _isSelecting = true;
            _world.After(Patience, () =>
            {
                if (connection == _connection && _isSelecting) GiveUp();
            });
            _node.Execute(_session, new CommandText("SELECT", keyspace));
            return;
        }

        _world.After(_session is null ? 50 * World.Millisecond + _prng.Below(50 * World.Millisecond) : Think(), () =>
        {
            if (connection != _connection) return;
            if (_session is null) Connect();
            else Ask();
        });
    }

    /// <summary>False: not here, and maybe not now.</summary>
    private bool OnSelected(bool isError)
    {
        _isSelecting = false;
        if (isError)
        {
            GiveUp();
            return false;
        }

        var connection = _connection;
        _world.After(Think(), () =>
        {
            if (connection == _connection) Ask();
        });
        return true;
    }

    private void Ask()
    {
        if (_isStopped || _session is null) return;
        var connection = _connection;
        if (_inFlight.Count < _depth)
        {
            if (_next() is not { } wish)
            {
                _isStopped = true;
                return;
            }

            var operation = new Operation
            {
                Client = _id,
                Kind = wish.Kind,
                Key = wish.Key,
                Argument = wish.Argument,
                Words = wish.Words,
                Session = (_id, connection),
                Invoked = _world.NextStamp(),
            };
            Asking?.Invoke(_node!, operation);
            _history.Add(operation);
            _inFlight.Enqueue(operation);
            _world.Log($"client {_id} asks {_node!.Id}: {operation}");
            _world.After(Patience, () =>
            {
                if (connection == _connection && operation.Outcome == OperationOutcome.Unknown) GiveUp();
            });
            _node!.Execute(_session, CommandText.Of(operation));
            if (connection != _connection) return;
        }

        _world.After(Think(), () =>
        {
            if (connection == _connection) Ask();
        });
    }

    private void Record(Operation operation, bool isError, string? text)
    {
        operation.Returned = _world.NextStamp();
        if (!isError)
        {
            operation.Outcome = OperationOutcome.Ok;
            operation.Result = text;
            OkCount++;
        }
        else if (text!.StartsWith("UNCERTAIN", StringComparison.Ordinal)) operation.Returned = long.MaxValue;
        else if (ToleratesDrop && text.StartsWith("ERR the selected keyspace was dropped", StringComparison.Ordinal))
            operation.Outcome = OperationOutcome.Failed;
        else if (operation.Words is not null && text.StartsWith("WRONGTYPE", StringComparison.Ordinal))
            operation.Outcome = OperationOutcome.Failed;
        else if (s_certain.Any(c => text.StartsWith(c, StringComparison.Ordinal))) operation.Outcome = OperationOutcome.Failed;
        else throw new ReplyFailure($"an unexpected error: {operation}: {text}");
        _history.Count(operation, isError ? text!.Split(' ')[0] : null);
        Answered?.Invoke(_node!, operation);
        _world.Log($"client {_id} hears: {operation} {(isError ? text : "")}");
        _world.Trace((ulong)operation.Returned * 31 + (ulong)operation.Outcome + Hash
            .Of(System.Text.Encoding.UTF8.GetBytes(text ?? "nil")));
    }

    private void GiveUp()
    {
        _connection++;
        if (_session is not null) _node!.Disconnect(_session);
        _session = null;
        foreach (var operation in _inFlight) _history.Count(operation, "lost");
        _inFlight.Clear();
        _received.Clear();
        _isSelecting = false;
        if (!_isStopped) _world.After(10 * World.Millisecond + _prng.Below(100 * World.Millisecond), Connect);
    }

    private long Think() => _prng.Below(2 * _meanThink + 1);
}
