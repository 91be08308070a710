using Quorate.Server;

namespace Quorate.Commands;

/// <summary>Runs started nodes until they end.</summary>
internal static class Serving
{
    private const int LookMilliseconds = 20;

    /// <summary>Prints <paramref name="ready"/>'s line as soon as there is one, then waits for the signal to stop, or for a
    /// bug.</summary>
    public static async Task<int> UntilStoppedAsync(
        IReadOnlyList<NodeServer> nodes, Func<string?> ready, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => stopRequested.TrySetResult());
        var ended = Task.WhenAny([stopRequested.Task, .. nodes.Select(n => (Task)n.Stopped)]);
        while (!ended.IsCompleted)
        {
            if (ready() is { } line)
            {
                await output.WriteLineAsync(line);
                await output.FlushAsync(CancellationToken.None);
                break;
            }

            await Task.WhenAny(ended, Task.Delay(LookMilliseconds, CancellationToken.None));
        }

        await ended;
        var bug = nodes.Select(n => n.Stopped).FirstOrDefault(t => t.IsCompletedSuccessfully && t.Result is not null)?.Result;
        if (bug is null) return ExitCode.Ok;
        if (bug is RemovedFromClusterException)
        {
            await error.WriteLineAsync($"quorate: {bug.Message}");
            return ExitCode.Failed;
        }

        await error.WriteLineAsync($"quorate: stopped because of a bug: {bug.Message.ReplaceLineEndings(" ")}");
        return ExitCode.Bug;
    }
}
