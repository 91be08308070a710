using System.Net.Sockets;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Quorate.Server.Peers;

/// <summary>The peer is there and does not take this node.</summary>
internal sealed class PeerRefusal(string why) : Exception(why);

/// <summary>
/// How one peer is reached: again and again, with pauses that grow; when it keeps failing the circuit opens and only now and
/// then one attempt is let through, until one succeeds. Any thread.
/// </summary>
internal sealed class PeerCircuit
{
    private const int FirstPauseMilliseconds = 20;
    private const int LongestPauseMilliseconds = 500;

    /// <summary>Looking whether an open circuit lets an attempt through costs nothing.</summary>
    private const int OpenPauseMilliseconds = 50;

    private readonly ResiliencePipeline _attempts;
    private readonly Action<bool> _onChange;
    private int _isOpen;

    /// <param name="onChange">Told when the circuit opens (true) and when it is closed again; not under a lock of this
    /// class.</param>
    public PeerCircuit(Action<bool> onChange)
    {
        _onChange = onChange;
        var failures = new PredicateBuilder()
            .Handle<SocketException>()
                .Handle<IOException>().Handle<OperationCanceledException>().Handle<ObjectDisposedException>()
                .Handle<PeerRefusal>();
        _attempts = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<SocketException>()
                        .Handle<IOException>().Handle<OperationCanceledException>().Handle<ObjectDisposedException>()
                    .Handle<PeerRefusal>().Handle<BrokenCircuitException>(),
                MaxRetryAttempts = int.MaxValue,
                DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(TimeSpan.FromMilliseconds(
                    args.Outcome.Exception is BrokenCircuitException ? OpenPauseMilliseconds : Pause(args.AttemptNumber))),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = failures,
                FailureRatio = 0.9,
                MinimumThroughput = 6,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = TimeSpan.FromMilliseconds(LongestPauseMilliseconds),
                OnOpened = _ => Change(1),
                OnClosed = _ => Change(0),
            })
            .Build();
    }

    /// <summary>The connection, once there is one.</summary>
    /// <exception cref="OperationCanceledException">when it is not wanted any more.</exception>
    public async ValueTask<Socket> ReachAsync(Func<CancellationToken, ValueTask<Socket>> attempt, CancellationToken stopped) =>
        await _attempts.ExecuteAsync(static (state, token) => state(token), attempt, stopped);

    private static int Pause(int attempt)
    {
        var longest = Math.Min(FirstPauseMilliseconds << Math.Min(attempt, 5), LongestPauseMilliseconds);
        return Random.Shared.Next(longest / 2, longest + 1);
    }

    private ValueTask Change(int isOpen)
    {
        if (Interlocked.Exchange(ref _isOpen, isOpen) != isOpen) _onChange(isOpen != 0);
        return default;
    }
}
