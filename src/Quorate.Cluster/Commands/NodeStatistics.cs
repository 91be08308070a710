using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>
/// What INFO counts. The node and its sessions add to the fields as things happen; under the node's lock only.
/// </summary>
public sealed class NodeStatistics
{
    private const int SampleCount = 16;
    private const long SampleNanoseconds = 100 * StepTime.NanosecondsPerMillisecond;

    /// <summary>A client that sends ever new words in front of its errors must not fill the memory.</summary>
    private const int MostErrorKinds = 128;

    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly Rate _commands = new();
    private readonly Rate _input = new();
    private readonly Rate _output = new();
    private long _lastSample;

    public long ConnectionsReceived;
    public long ConnectionsRejected;
    public long CommandsProcessed;
    public long NetInputBytes;
    public long NetOutputBytes;
    public long PeerInputBytes;
    public long PeerOutputBytes;
    public long KeyspaceHits;
    public long KeyspaceMisses;
    public long ExpiredKeys;

    public ReadStatistics Reads { get; } = new();

    public long ErrorReplies { get; private set; }

    /// <summary>Commands per second over the last 1.6 seconds.</summary>
    public long CommandsPerSecond => _commands.PerSecond;

    public long InputBytesPerSecond => _input.PerSecond;

    public long OutputBytesPerSecond => _output.PerSecond;

    /// <summary>Error replies by their first word, in alphabetical order.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Errors =>
        [.. _errors.OrderBy(e => e.Key, StringComparer.Ordinal)];

    /// <summary>Counts one error reply by its first word.</summary>
    /// <param name="error">The text from after the <c>-</c> on.</param>
    public void CountError(ReadOnlySpan<byte> error)
    {
        ErrorReplies++;
        var end = error.IndexOfAny((byte)' ', (byte)'\r');
        if (end >= 0) error = error[..end];
        if (error.Length is 0 or > 32) return;
        Span<char> kind = stackalloc char[error.Length];
        for (var i = 0; i < kind.Length; i++) kind[i] = (char)error[i];
        var errors = _errors.GetAlternateLookup<ReadOnlySpan<char>>();
        if (errors.TryGetValue(kind, out var count)) errors[kind] = count + 1;
        else if (_errors.Count < MostErrorKinds) errors[kind] = 1;
    }

    /// <summary>Call on every tick: takes the samples of the per-second figures.</summary>
    public void OnTick(StepTime now)
    {
        var elapsed = now.Nanoseconds - _lastSample;
        if (elapsed < SampleNanoseconds) return;
        _lastSample = now.Nanoseconds;
        _commands.Sample(CommandsProcessed, elapsed);
        _input.Sample(NetInputBytes, elapsed);
        _output.Sample(NetOutputBytes, elapsed);
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        ConnectionsReceived = ConnectionsRejected = CommandsProcessed = 0;
        NetInputBytes = NetOutputBytes = PeerInputBytes = PeerOutputBytes = 0;
        KeyspaceHits = KeyspaceMisses = ExpiredKeys = ErrorReplies = 0;
        Reads.Reset();
        _errors.Clear();
        _commands.Reset();
        _input.Reset();
        _output.Reset();
    }

    private sealed class Rate
    {
        private readonly long[] _samples = new long[SampleCount];
        private int _next;
        private long _last;

        public long PerSecond => _samples.Sum() / SampleCount;

        public void Sample(long total, long elapsedNanoseconds)
        {
            _samples[_next] = (long)((Int128)(total - _last) * 1_000_000_000 / elapsedNanoseconds);
            _next = (_next + 1) % SampleCount;
            _last = total;
        }

        public void Reset()
        {
            System.Array.Clear(_samples);
            _last = 0;
        }
    }
}
