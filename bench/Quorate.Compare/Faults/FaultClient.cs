using System.Globalization;
using System.Net.Sockets;
using Quorate.Compare.Load;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>One client that reads and writes without pause on changing endpoints and writes down what it was told.</summary>
internal sealed class FaultClient : IDisposable
{
    /// <summary>Keys of these beginnings: registers are read and written by all, counters incremented by all, marks written
    /// once.</summary>
    public const string RegisterPrefix = "register:", CounterPrefix = "counter:", MarkPrefix = "mark:";
    public const int Counters = 4;

    private const int LimitMilliseconds = 500;
    private const int RegistersAtATime = 4;

    private readonly int _id;
    private readonly int[] _ports;
    private readonly Recorder _recorder;
    private readonly Func<int> _epoch;
    private readonly Random _dice;
    private readonly Thread _thread;
    private RespClient? _connection;
    private int _endpoint;
    private volatile bool _stop;

    /// <param name="epoch">Names the registers of the moment: many short histories are checked faster than a long one.</param>
    public FaultClient(int id, int[] ports, Recorder recorder, Func<int> epoch)
    {
        (_id, _ports, _recorder, _epoch, _dice, _endpoint) = (id, ports, recorder, epoch, new Random(id), id % ports.Length);
        _thread = new Thread(Run) { IsBackground = true, Name = $"client {id}" };
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
        for (var n = 0; !_stop; n++)
        {
            if (n % 100 == 99) Move();
            var register = string.Create(
                CultureInfo.InvariantCulture, $"{RegisterPrefix}{_epoch()}:{_dice.Next(RegistersAtATime)}");
            switch (_dice.Next(10))
            {
                case < 4: Do(OperationKind.Get, register, null, "GET", register); break;
                case < 6: Do(OperationKind.Set, register, $"{_id}-{n}", "SET", register, $"{_id}-{n}"); break;
                case < 8:
                    var counter = $"{CounterPrefix}{_dice.Next(Counters)}";
                    Do(OperationKind.Increment, counter, null, "INCR", counter);
                    break;
                default:
                    Do(
                    OperationKind.Set, $"{MarkPrefix}{_id}:{n}", $"{_id}-{n}", "SET", $"{MarkPrefix}{_id}:{n}", $"{_id}-{n}");
                    break;
            }

            Thread.Sleep(1);
        }
    }

    private void Do(OperationKind kind, string key, string? argument, params string[] words)
    {
        if (!TryConnect()) return;
        var operation = _recorder.Begin(_id, kind, key, argument);
        try
        {
            var reply = _connection!.Call(words);
            var outcome = reply.IsOk
                ? OperationOutcome.Ok : reply.IsCertainRefusal ? OperationOutcome.Failed : OperationOutcome.Unknown;
            _recorder.End(operation, outcome, reply.IsNull ? null : reply.Text);
            if (outcome != OperationOutcome.Ok) Move();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            _recorder.End(operation, OperationOutcome.Unknown, null);
            Move();
        }
    }

    private bool TryConnect()
    {
        if (_connection is not null) return true;
        try
        {
            _connection = RespClient.Connect(_ports[_endpoint], LimitMilliseconds);
            return true;
        }
        catch (SocketException)
        {
            // Nothing was asked: there is nothing to write down.
            Move();
            Thread.Sleep(5);
            return false;
        }
    }

    private void Move()
    {
        _connection?.Dispose();
        _connection = null;
        _endpoint = (_endpoint + 1) % _ports.Length;
    }
}
