using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Quorate.Tests;

/// <summary>The program in a process of its own, ended with SIGTERM when disposed. Ports are taken from what it prints.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();
    private readonly Process _process;

    private RunningProgram(string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "quorate.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Add(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Add(_error, e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int[] RespPorts { get; private set; } = [];

    public int[] PeerPorts { get; private set; } = [];

    public int[] HttpPorts { get; private set; } = [];

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static Task<RunningProgram> DevAsync(params string[] more) =>
        StartAsync(["dev", "--resp-port", "0", "--http-port", "0", "--peer-port", "0", .. more]);

    public static async Task<RunningProgram> StartAsync(string[] args)
    {
        var program = new RunningProgram(args);
        using var patience = new CancellationTokenSource(Never.Bound);
        while (!program._output.Any(l => l.StartsWith("quorate ready", StringComparison.Ordinal)))
        {
            if (program._process.HasExited || patience.IsCancellationRequested)
            {
                await program.DisposeAsync();
                throw new InvalidOperationException($"not ready: {string.Join('\n', program._output.Concat(program._error))}");
            }

            await Task.Delay(10);
        }

        program.RespPorts = [.. program.Ports(RespPort())];
        program.PeerPorts = [.. program.Ports(PeerPort())];
        program.HttpPorts = [.. program.Ports(HttpPort())];
        return program;
    }

    /// <summary>Runs a command that ends by itself.</summary>
    public static async Task<(int Code, string Error)> FailAsync(params string[] args)
    {
        await using var program = new RunningProgram(args);
        await program.WaitAsync();
        return (program._process.ExitCode, string.Join('\n', program._error));
    }

    public Task<RespClient> ConnectAsync(int node = 0) => RespClient.ConnectAsync(RespPorts[node]);

    public string ErrorText => string.Join('\n', _error);

    /// <summary>Asks the program to stop and waits for its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited) _ = kill(_process.Id, Terminate);
        await WaitAsync();
        return _process.ExitCode;
    }

    /// <summary>Ends the program without letting it finish anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }

    private static void Add(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null) lines.Enqueue(line);
    }

    public async Task WaitAsync()
    {
        using var patience = new CancellationTokenSource(Never.Bound);
        await _process.WaitForExitAsync(patience.Token);
    }

    private IEnumerable<int> Ports(Regex where) =>
        _output.Select(l => where.Match(l)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].Value));

    [GeneratedRegex("redis://127.0.0.1:([0-9]+)")]
    private static partial Regex RespPort();

    [GeneratedRegex("peers 127.0.0.1:([0-9]+)")]
    private static partial Regex PeerPort();

    [GeneratedRegex("http://127.0.0.1:([0-9]+)")]
    private static partial Regex HttpPort();

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
