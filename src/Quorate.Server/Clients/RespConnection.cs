using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Quorate.Cluster;
using Quorate.Cluster.Sessions;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Server.Turns;

namespace Quorate.Server.Clients;

/// <summary>
/// One client: reads what it sends, gives all whole commands of a read to the node in one step, and sends the replies.
/// Fields marked "gate" are touched under <see cref="NodeLoop.Gate"/> only.
/// </summary>
internal sealed class RespConnection
{
    private const int KeptBytes = 64 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    private readonly NodeLoop _loop;
    private readonly ConnectionContext _context;
    private readonly ClientLimits _limits;
    private readonly ClientCounters _counters;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly RespParser _parser = new();
    private readonly ByteGatherer _carry = new(KeptBytes); // commands not executed yet; nearly always the beginning of one
    private ClientSession? _session;
    private long _commandBytes; // sixteen times what a command takes, on average over the last few
    private bool _isCutShort; // whole commands may be among those not executed yet: the client was behind
    private bool _isBroken; // what comes after a protocol error or QUIT is not looked at

    private bool _isFlushing; // gate: at most one flush at a time
    private bool _isGone; // gate: nobody reads the replies any more
    private bool _isClosed; // gate: disconnected from the node
    private bool _isStopping; // gate
    private Wait _wait; // gate: what the read loop waits for
    private TaskCompletionSource? _resumed; // gate
    private volatile bool _isFlushOver;
    private volatile bool _isOutputCompleted;

    public RespConnection(NodeLoop loop, ConnectionContext context, ClientLimits limits, ClientCounters counters)
    {
        _loop = loop;
        _context = context;
        _limits = limits;
        _counters = counters;
        _input = context.Transport.Input;
        _output = context.Transport.Output;
    }

    private enum Wait : byte
    {
        None,

        /// <summary>Until the client has read its replies and has fewer commands without one.</summary>
        Pause,

        /// <summary>Until every command has its reply and all are on their way: the client sends no more.</summary>
        Drain,
    }

    /// <summary>Gate: already listed as having output.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Serves the client until it goes, asks to quit, breaks the protocol or is disconnected.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (!TryConnect()) return;
            while (true)
            {
                var read = await _input.ReadAsync();
                if (read.IsCanceled) return;
                var waits = Take(read.Buffer);
                _input.AdvanceTo(read.Buffer.End);
                while (waits is not null || _isCutShort)
                {
                    // The client may send nothing more before it has its replies, so what is left is executed without another
                    // read. Other clients of this event loop come first.
                    if (waits is not null) await waits;
                    else await Task.Yield();
                    // The replies would not be read: what waits is not executed.
                    if (_isGone || _isStopping) return;
                    // What was read before the pause and not executed yet.
                    waits = Take(ReadOnlySequence<byte>.Empty);
                }

                if (read.IsCompleted) break;
                if (_isGone || _isStopping) return;
            }

            if (BeginDrain() is { } drained) await drained.WaitAsync(DrainTime);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The client is gone, or the node stops.
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Ends the connection without waiting for anything.</summary>
    public void Abort()
    {
        lock (_loop.Gate) _isGone = true;
        _context.Abort();
        _resumed?.TrySetResult();
    }

    /// <summary>Gate: moves the replies to the connection's pipe. True: call <see cref="Flush"/> after the lock.</summary>
    public bool TryBeginFlush()
    {
        if (_session is not { } session || _isClosed) return false;
        if (_isGone) session.Output.Clear();
        if (_isFlushing || session.Output.Length == 0) return false;
        _counters.OutputBytes += session.Output.Length;
        _loop.Node.Statistics.NetOutputBytes += session.Output.Length;
        _output.Write(session.Output.Written.Span);
        session.Output.Clear();
        session.OnOutputTaken();
        _isFlushing = true;
        return true;
    }

    /// <summary>Without the lock: sends. Whoever called <see cref="TryBeginFlush"/> with success calls this once.</summary>
    public void Flush()
    {
        try
        {
            var flush = _output.FlushAsync();
            if (flush.IsCompleted) OnFlushed(flush.Result);
            else _ = AwaitFlush(flush);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            OnFlushed(new FlushResult(false, true));
        }
    }

    /// <summary>Gate: true when a flush has ended since the last call.</summary>
    public bool EndFlush()
    {
        if (!_isFlushOver) return false;
        _isFlushOver = false;
        _isFlushing = false;
        if (_isOutputCompleted) _isGone = true;
        return true;
    }

    /// <summary>Gate: what is to be done with this connection after the lock, if anything.</summary>
    public Action? TakeAfterwards()
    {
        if (_isClosed || _session is not { } session) return null;
        if (session.Output.Length > _limits.MaxOutputBytes && !_isGone)
        {
            _isGone = true;
            _counters.Dropped++;
            return Abort;
        }

        var isSent = session.Output.Length == 0 && !_isFlushing;
        if (((session.WantsClose && isSent) || _isGone) && !_isStopping)
        {
            _isStopping = true;
            return Stop;
        }

        var isOver = _wait switch
        {
            Wait.Pause => !IsBehind(session),
            Wait.Drain => isSent && session.PendingCount == 0,
            _ => false,
        };
        if (!isOver) return null;
        _wait = Wait.None;
        return Resume(_resumed!);
    }

    // Apart: a closure in the caller would be allocated for every call of it, wait or no wait.
    private static Action Resume(TaskCompletionSource resumed) => () => resumed.TrySetResult();

    private bool TryConnect()
    {
        lock (_loop.Gate)
        {
            if (!_loop.IsRunning) return false;
            try
            {
                var client = _context.RemoteEndPoint?.ToString() ?? "";
                _session = _loop.Node.Connect(client, _context.LocalEndPoint?.ToString() ?? "", SystemClock.Now);
                _session.HostState = this;
                return true;
            }
            catch (Exception bug) when (_loop.Fail(bug))
            {
                return false;
            }
        }
    }

    private void Close()
    {
        OutputBatch? batch = null;
        lock (_loop.Gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            if (_session is null || !_loop.IsRunning) return;
            try
            {
                _loop.Node.Disconnect(_session);
                batch = _loop.EndStep(endsTurn: false, SystemClock.Now);
            }
            catch (Exception bug) when (_loop.Fail(bug))
            {
            }
        }

        _loop.Finish(batch);
    }

    /// <summary>Gives the commands in <paramref name="bytes"/> to the node; all of the bytes are taken. The result is
    /// what to wait for before reading on, or null.</summary>
    private Task? Take(ReadOnlySequence<byte> bytes)
    {
        OutputBatch? batch = null;
        Task? waits = null;
        lock (_loop.Gate)
        {
            if (!_loop.IsRunning)
            {
                _isGone = true;
                return null;
            }

            try
            {
                var now = SystemClock.Now;
                if (bytes.IsEmpty) Take([], now);
                foreach (var segment in bytes) Take(segment.Span, now);
                _counters.InputBytes += bytes.Length;
                _loop.Node.Statistics.NetInputBytes += bytes.Length;
                batch = _loop.EndStep(endsTurn: false, now);
                if (IsBehind(_session!)) waits = BeginWait(Wait.Pause);
            }
            catch (Exception bug) when (_loop.Fail(bug))
            {
            }
        }

        _loop.Finish(batch);
        return waits;
    }

    private void Take(ReadOnlySpan<byte> bytes, StepTime now)
    {
        if (_isBroken) return;
        if (_carry.Length == 0)
        {
            var taken = Execute(bytes, now);
            if (taken < bytes.Length && !_isBroken) _carry.Append(bytes[taken..]);
        }
        else if (_carry.Length > _limits.MaxCommandBytes - bytes.Length)
        {
            (_isBroken, _isCutShort) = (true, false);
            _carry.Clear();
            _session!.ProtocolError("too big request");
        }
        else
        {
            _carry.Append(bytes);
            _carry.DropFirst(Execute(_carry.Span, now));
        }
    }

    /// <summary>Executes every whole command, or as many as make the client fall behind: a few bytes may ask for a lot.
    /// The result is how many bytes they took.</summary>
    private int Execute(ReadOnlySpan<byte> bytes, StepTime now)
    {
        var session = _session!;
        var taken = 0;
        var foreseen = 0;
        _isCutShort = false;
        while (!IsBehind(session))
        {
            if (taken >= foreseen) foreseen = taken + session.Foresee(bytes[taken..]);
            var result = _parser.TryParse(bytes[taken..], out var consumed, out var args, out var error);
            taken += consumed;
            switch (result)
            {
                case ParseResult.Command:
                    _counters.Commands++;
                    _commandBytes += consumed - (_commandBytes >> 4);
                    session.Execute(args, now);
                    if (!session.WantsClose) break;
                    _isBroken = true;
                    return taken;
                case ParseResult.Malformed:
                    _isBroken = true;
                    _counters.ProtocolErrors++;
                    session.ProtocolError(error!);
                    return bytes.Length;
                default:
                    return taken;
            }
        }

        _isCutShort = taken < bytes.Length;
        return taken;
    }

    private bool IsBehind(ClientSession session) =>
        session.Output.Length > _limits.PausingOutputBytes || session.PendingCount > _limits.PausingPendingCommands
        || (session.PendingCount > 0 && (_commandBytes >> 4) * session.PendingCount > PendingShare);

    private int PendingShare =>
        Math.Max(_limits.LeastPendingBytes, _limits.PausingPendingBytes / Math.Max(1, _counters.Connected));

    private Task? BeginDrain()
    {
        lock (_loop.Gate)
        {
            if (_isGone || _isStopping || _session is not { } session || !_loop.IsRunning) return null;
            if (session.PendingCount == 0 && session.Output.Length == 0 && !_isFlushing) return null;
            return BeginWait(Wait.Drain);
        }
    }

    private Task BeginWait(Wait wait)
    {
        _wait = wait;
        _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _resumed.Task;
    }

    private void Stop()
    {
        _input.CancelPendingRead();
        _resumed?.TrySetResult();
    }

    private void OnFlushed(FlushResult result)
    {
        if (result.IsCompleted) _isOutputCompleted = true;
        _isFlushOver = true;
    }

    private async Task AwaitFlush(ValueTask<FlushResult> flush)
    {
        try
        {
            OnFlushed(await flush);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            OnFlushed(new FlushResult(false, true));
        }

        _loop.OnSent(this, null);
    }
}
