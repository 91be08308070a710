using System.Diagnostics;
using System.Runtime.InteropServices;
using Quorate.Replication;

namespace Quorate.Server;

/// <summary>Where a running node's <see cref="StepTime"/> comes from. Safe from every thread.</summary>
internal static class SystemClock
{
    // Linux: monotonic and going on while the machine sleeps, so that a lease does not outlive a suspend.
    private const int BootTime = 7;

    public static StepTime Now => new(MonotonicNanoseconds(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    private static unsafe long MonotonicNanoseconds()
    {
        if (!OperatingSystem.IsLinux()) return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        TimeSpec time;
        if (clock_gettime(BootTime, &time) != 0) throw new InvalidOperationException("the boot-time clock cannot be read");
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [DllImport("libc"), SuppressGCTransition, DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern unsafe int clock_gettime(int clock, TimeSpec* time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
