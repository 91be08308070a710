using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Quorate.Compare.Processes;

/// <summary>One server process that this program started, with its output in a file. Thread-safe.</summary>
internal sealed class Child : IDisposable
{
    private const int SignalKill = 9;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    /// <summary>Linux reports process times in these, on every architecture. [proc(5)]</summary>
    private const double TicksPerSecond = 100;

    private static readonly Lock AllLock = new();
    private static readonly List<Child> All = [];

    private static bool _isClosing;

    private readonly Process _process;

    private Child(Process process, string logPath) => (_process, LogPath) = (process, logPath);

    public int Id => _process.Id;

    public string LogPath { get; }

    public bool HasExited => _process.HasExited;

    public static Child Start(string logPath, string file, params string[] arguments)
    {
        // "exec" keeps the process id, so that signals reach the server itself and not a shell around it.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(logPath);
        start.ArgumentList.Add(file);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        lock (AllLock)
        {
            if (_isClosing) throw new InvalidOperationException("everything is being stopped");
            var child = new Child(Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start"), logPath);
            All.Add(child);
            return child;
        }
    }

    /// <summary>Ends everything that still runs: at the end, after an error, after Ctrl-C.</summary>
    public static void KillAll()
    {
        lock (AllLock)
        {
            _isClosing = true;
            foreach (var child in All) child.Kill();
            All.Clear();
        }
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public void Kill()
    {
        if (!_process.HasExited) Signal(SignalKill);
        _process.WaitForExit(10_000);
    }

    /// <summary>kill -9 without waiting: several processes can be ended at nearly the same moment.</summary>
    public void KillAtOnce()
    {
        if (!_process.HasExited) Signal(SignalKill);
    }

    public void Pause() => Signal(SignalStop);

    public void Resume() => Signal(SignalContinue);

    /// <summary>Processor time used so far, user and system, in seconds.</summary>
    public double CpuSeconds()
    {
        var stat = File.ReadAllText($"/proc/{Id}/stat");
        // The name in parentheses may contain spaces: fields are counted from behind it. utime is 14th, stime 15th.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long
            .Parse(fields[11], CultureInfo.InvariantCulture) + long
            .Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes()
    {
        foreach (var line in File.ReadLines($"/proc/{Id}/status"))
        {
            if (!line.StartsWith("VmRSS:", StringComparison.Ordinal)) continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    /// <summary>The last lines of the process's output, for error messages.</summary>
    public string LogTail()
    {
        if (!File.Exists(LogPath)) return "";
        return string.Join('\n', File.ReadLines(LogPath).TakeLast(15));
    }

    public void Dispose()
    {
        Kill();
        lock (AllLock) All.Remove(this);
        _process.Dispose();
    }

    private void Signal(int signal) => _ = kill(Id, signal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
