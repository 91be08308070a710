using System.Runtime.CompilerServices;
using Quorate.Replication;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// One simulated world: virtual time, the events to come, the seed's dice, and a running hash over everything that happened.
/// Single-threaded. Two worlds of one seed must end with the same <see cref="TraceHash"/>.
/// </summary>
internal sealed class World(ulong seed, TextWriter? log = null)
{
    public const long Microsecond = 1_000;
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    private readonly EventQueue _events = new();
    private readonly Prng _root = new(seed);
    private long _stamp;

    /// <summary>True time in nanoseconds since the world began; nodes see it only through their own clocks.</summary>
    public long Now { get; private set; }

    public long Steps { get; private set; }

    public ulong TraceHash { get; private set; } = 0x51AB;

    public FaultCounts Faults { get; } = new();

    public bool IsLogging => log is not null;

    /// <summary>Dice for one concern; ask in a fixed order, so that what one part draws does not shift what another
    /// draws.</summary>
    public Prng Fork() => _root.Fork();

    /// <summary>A number larger than all before: orders invocations and returns even within one instant.</summary>
    public long NextStamp() => ++_stamp;

    public void After(long delay, Action happen) => _events.Add(Now + delay, happen);

    /// <summary>Executes the next event. False when there is none up to <paramref name="until"/>, which is then the
    /// time.</summary>
    public bool Step(long until)
    {
        if (!_events.TryTake(until, out var happen, out var time))
        {
            Now = Math.Max(Now, until);
            return false;
        }

        Now = time;
        Steps++;
        happen();
        return true;
    }

    /// <summary>Executes all events up to <paramref name="until"/>, which is then the time.</summary>
    public void Run(long until)
    {
        while (Step(until))
        {
        }
    }

    /// <summary>Adds something that happened to the trace.</summary>
    public void Trace(ulong what) => TraceHash = (ulong.RotateLeft(TraceHash, 23) ^ what ^ (ulong)Now) * 0x9E3779B97F4A7C15;

    public void Trace(ulong what, ReadOnlySpan<byte> bytes) => Trace(what ^ Hash.Of(bytes));

    public void Log([InterpolatedStringHandlerArgument("")] ref LogLine line)
    {
        if (log is not null) log.WriteLine(line.Text(Now));
    }
}

/// <summary>A line of the log that is put together only when somebody reads it.</summary>
[InterpolatedStringHandler]
internal ref struct LogLine
{
    private DefaultInterpolatedStringHandler _inner;

    public LogLine(int literalLength, int formattedCount, World world, out bool isEnabled)
    {
        isEnabled = world.IsLogging;
        _inner = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => _inner.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _inner.AppendFormatted(value);

    internal string Text(long now) =>
        $"{now / World.Millisecond,8}.{now / World.Microsecond % 1000:000} {_inner.ToStringAndClear()}";
}
