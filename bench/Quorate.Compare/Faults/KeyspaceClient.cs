using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Quorate.Compare.Load;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>One client of one keyspace: increments its counter, sets keys once, reads what it was told is there, now on
/// this node and now on that.</summary>
internal sealed class KeyspaceClient : IDisposable
{
    private const int LimitMilliseconds = 500;

    /// <summary>A node that did not answer is not asked again for so long, if there is another.</summary>
    private static readonly TimeSpan Avoidance = TimeSpan.FromSeconds(2);

    private readonly KeyspaceUnderTest _keyspace;
    private readonly int _id;
    private readonly int[] _ports;
    private readonly Thread _thread;
    private readonly Random _dice;
    private readonly List<(string Key, string Value)> _told = [];
    private readonly long[] _failedAt;
    private RespClient? _connection;
    private int _endpoint;
    private volatile bool _stop;

    public KeyspaceClient(KeyspaceUnderTest keyspace, int id, int[] ports)
    {
        (_keyspace, _id, _ports, _endpoint, _dice) = (keyspace, id, ports, id % ports.Length, new Random(id));
        _failedAt = new long[ports.Length];
        _thread = new Thread(Run) { IsBackground = true, Name = $"{keyspace.Name} {id}" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _connection?.Dispose();
    }

    private void Run()
    {
        var counter = $"{KeyspaceUnderTest.CounterPrefix}{_id}";
        for (var n = 0; !_stop; n++)
        {
            if (n % 50 == 49) Move();
            switch (_dice.Next(10))
            {
                case < 3 when _told.Count > 0:
                    var (key, value) = _told[_dice.Next(3) == 0 ? _dice.Next(_told.Count) : _told.Count - 1];
                    Do(OperationKind.Get, key, value, "GET", key);
                    break;
                case < 6:
                    Do(OperationKind.Increment, counter, null, "INCR", counter);
                    break;
                default:
                    var mark = string.Create(CultureInfo.InvariantCulture, $"{KeyspaceUnderTest.MarkPrefix}{_id}:{n}");
                    if (Do(OperationKind.Set, mark, $"{_id}-{n}", "SET", mark, $"{_id}-{n}")) _told.Add((mark, $"{_id}-{n}"));
                    break;
            }

            Thread.Sleep(2);
        }
    }

    /// <summary>True when it was acknowledged.</summary>
    private bool Do(OperationKind kind, string key, string? argument, params string[] words)
    {
        if (!TryConnect()) return false;
        var operation = _keyspace.Recorder.Begin(_id, kind, key, argument);
        try
        {
            var reply = _connection!.Call(words);
            var outcome = reply.IsOk
                ? OperationOutcome.Ok : reply.IsCertainRefusal ? OperationOutcome.Failed : OperationOutcome.Unknown;
            _keyspace.Recorder.End(operation, outcome, reply.IsNull ? null : reply.Text);
            if (outcome == OperationOutcome.Unknown && !reply.Text.StartsWith("UNCERTAIN", StringComparison.Ordinal))
                Note($"{words[0]}: {reply.Text}");
            if (outcome == OperationOutcome.Ok) return true;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            _keyspace.Recorder.End(operation, OperationOutcome.Unknown, null);
            _failedAt[_endpoint] = Stopwatch.GetTimestamp();
        }

        Move();
        return false;
    }

    private bool TryConnect()
    {
        if (_connection is not null) return true;
        try
        {
            _connection = RespClient.Connect(_ports[_endpoint], LimitMilliseconds);
            var reply = _connection.Call("SELECT", _keyspace.Name);
            if (reply.IsOk) return true;
            if (!reply.IsCertainRefusal) Note($"SELECT: {reply.Text}");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Nothing was asked: there is nothing to write down.
            _failedAt[_endpoint] = Stopwatch.GetTimestamp();
        }

        Move();
        Thread.Sleep(5);
        return false;
    }

    private void Note(string strange)
    {
        lock (_keyspace.Strange) _keyspace.Strange[strange] = _keyspace.Strange.GetValueOrDefault(strange) + 1;
    }

    private void Move()
    {
        _connection?.Dispose();
        _connection = null;
        for (var i = 0; i < _ports.Length; i++)
        {
            _endpoint = (_endpoint + 1) % _ports.Length;
            if (_failedAt[_endpoint] == 0 || Stopwatch.GetElapsedTime(_failedAt[_endpoint]) > Avoidance) return;
        }

        _endpoint = Array.IndexOf(_failedAt, _failedAt.Min());
    }
}
