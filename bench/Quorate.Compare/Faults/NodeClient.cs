using System.Diagnostics;
using System.Net.Sockets;
using Quorate.Compare.Load;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>A request that was not acknowledged: when, and what was answered.</summary>
internal readonly record struct Failure(long At, string Text);

/// <summary>A client that stays at one node, whatever becomes of that: does one step after another and writes down what it was
/// told. What it has written down is read when it has ended.</summary>
internal sealed class NodeClient : IDisposable
{
    private const int LimitMilliseconds = 8000;

    private readonly int _port;
    private readonly Recorder _recorder;
    private readonly Action<NodeClient> _step;
    private readonly int _pauseMilliseconds;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly List<long> _acknowledged = [];
    private RespClient? _connection;
    private volatile bool _stop;

    public NodeClient(
        string keyspace, int id, int node, int port, Recorder recorder, int pauseMilliseconds, Action<NodeClient> step)
    {
        (Keyspace, Id, Node, _port, _recorder, _pauseMilliseconds, _step, Dice) = (
            keyspace, id, node, port, recorder, pauseMilliseconds, step, new Random(id));
        _thread = new Thread(Run) { IsBackground = true, Name = $"{keyspace} {id}" };
        _thread.Start();
    }

    public string Keyspace { get; }

    public int Id { get; }

    /// <summary>Index of the node that it asks.</summary>
    public int Node { get; }

    public Random Dice { get; }

    /// <summary>Steps before this one.</summary>
    public int Steps { get; private set; }

    public List<Failure> Failures { get; } = [];

    public void Stop() => _stop = true;

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _connection?.Dispose();
    }

    /// <summary>The reply if the command was acknowledged, else null.</summary>
    public RespReply? Ask(OperationKind kind, string key, string? argument, params string[] words)
    {
        if (_connection is null) return null;
        var operation = _recorder.Begin(Id, kind, key, argument);
        try
        {
            var reply = _connection.Call(words);
            var outcome = reply.IsOk
                ? OperationOutcome.Ok : reply.IsCertainRefusal ? OperationOutcome.Failed : OperationOutcome.Unknown;
            _recorder.End(operation, outcome, reply.IsNull ? null : reply.Text);
            if (outcome == OperationOutcome.Ok)
            {
                lock (_lock) _acknowledged.Add(Stopwatch.GetTimestamp());
                return reply;
            }

            Failures.Add(new Failure(Stopwatch.GetTimestamp(), $"{words[0]}: {reply.Text}"));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            _recorder.End(operation, OperationOutcome.Unknown, null);
            Failures.Add(new Failure(Stopwatch.GetTimestamp(), $"{words[0]}: no answer"));
            Disconnect();
        }

        return null;
    }

    /// <summary>Longest time in seconds within two moments in which nothing that it asked was acknowledged.</summary>
    public double LongestGap(long from, long until)
    {
        lock (_lock)
        {
            var (last, longest) = (from, 0L);
            foreach (var moment in _acknowledged.Where(m => m > from && m < until).Append(until))
            {
                longest = Math.Max(longest, moment - last);
                last = moment;
            }

            return longest / (double)Stopwatch.Frequency;
        }
    }

    public int AcknowledgedWithin(long from, long until)
    {
        lock (_lock) return _acknowledged.Count(m => m > from && m < until);
    }

    private void Run()
    {
        while (!_stop)
        {
            if (TryConnect())
            {
                _step(this);
                Steps++;
            }

            Thread.Sleep(_pauseMilliseconds);
        }
    }

    /// <summary>Nothing is asked where nobody listens, so there is nothing to write down.</summary>
    private bool TryConnect()
    {
        if (_connection is not null) return true;
        try
        {
            _connection = RespClient.Connect(_port, LimitMilliseconds);
            if (!_connection.Call("SELECT", Keyspace).IsError) return true;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // As a node that does not know the keyspace yet.
        }

        Disconnect();
        Thread.Sleep(20);
        return false;
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
