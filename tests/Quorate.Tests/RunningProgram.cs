using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Quorate.Tests;

/// <summary>The program with some command line, running in this process until disposed. Ports are taken from what it prints.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lines _output = new();
    private readonly Lines _error = new();
    private readonly Task<int> _exit;

    private RunningProgram(string[] args) => _exit = Task.Run(() => QuorateProgram.RunAsync(args, _output, _error, _stop.Token));

    public int[] RespPorts { get; private set; } = [];

    public int[] PeerPorts { get; private set; } = [];

    public int[] HttpPorts { get; private set; } = [];

    public static Task<RunningProgram> DevAsync(params string[] more) =>
        StartAsync(["dev", "--resp-port", "0", "--http-port", "0", "--peer-port", "0", .. more]);

    public static async Task<RunningProgram> StartAsync(string[] args)
    {
        var program = new RunningProgram(args);
        using var patience = new CancellationTokenSource(Patience);
        while (!program._output.All.Any(l => l.StartsWith("quorate ready", StringComparison.Ordinal)))
        {
            if (program._exit.IsCompleted || patience.IsCancellationRequested)
                throw new InvalidOperationException($"not ready: {string.Join('\n', program._output.All.Concat(program._error.All))}");
            await Task.Delay(10);
        }

        program.RespPorts = [.. program.Ports(RespPort())];
        program.PeerPorts = [.. program.Ports(PeerPort())];
        program.HttpPorts = [.. program.Ports(HttpPort())];
        return program;
    }

    public Task<RespClient> ConnectAsync(int node = 0) => RespClient.ConnectAsync(RespPorts[node]);

    /// <summary>Asks the program to stop as a signal would, and waits for its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _exit.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private IEnumerable<int> Ports(Regex where) =>
        _output.All.Select(l => where.Match(l)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].Value));

    [GeneratedRegex("redis://127.0.0.1:([0-9]+)")]
    private static partial Regex RespPort();

    [GeneratedRegex("peers 127.0.0.1:([0-9]+)")]
    private static partial Regex PeerPort();

    [GeneratedRegex("http://127.0.0.1:([0-9]+)")]
    private static partial Regex HttpPort();

    private sealed class Lines : TextWriter
    {
        public ConcurrentQueue<string> All { get; } = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value) => All.Enqueue(value ?? "");

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }
    }
}
