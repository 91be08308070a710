namespace Quorate.Waiting;

/// <summary>
/// Waits of tests that run on real threads and processes. No test decides by a time: it waits for a condition, for as long as it
/// takes, and gives up only when any machine, however busy, would have been done: then it says "never".
/// </summary>
internal static class Never
{
    /// <summary>Not a measure of anything: nothing that works takes this long.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);

    /// <summary>Looks again and again until it is so.</summary>
    /// <exception cref="TimeoutException">it never is.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            if (bound.IsCancellationRequested) throw new TimeoutException($"never: {what()}");
            await Task.Delay(5);
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, Func{string})"/>
    public static Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync(condition, () => what);

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, Func{string})"/>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    /// <summary>The same for a test that is not asynchronous.</summary>
    /// <exception cref="TimeoutException">it never is.</exception>
    public static void Until(Func<bool> condition, string what)
    {
        if (!SpinWait.SpinUntil(condition, Bound)) throw new TimeoutException($"never: {what}");
    }
}
