using System.Net;
using System.Net.Sockets;
using Quorate.Server.Turns;

namespace Quorate.Server.Tests.Turns;

public sealed class TurnWakerTests
{
    [Fact]
    public async Task Calls_back_on_the_event_loop_of_the_sockets()
    {
        var name = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var waker = new TurnWaker(() => name.TrySetResult(Thread.CurrentThread.Name));
        waker.Start();
        waker.Wake();
        (await name.Task.WaitAsync(Never.Bound)).ShouldBe(SocketEngine.ThreadName);
    }

    [Fact]
    public async Task Every_wake_after_a_call_gives_another_call()
    {
        using var called = new SemaphoreSlim(0);
        using var waker = new TurnWaker(() => called.Release());
        waker.Start();
        for (var i = 0; i < 100; i++)
        {
            waker.Wake();
            (await called.WaitAsync(Never.Bound)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task The_event_loop_is_one_for_all_sockets()
    {
        var threads = new HashSet<int>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wakers = new List<TurnWaker>();
        for (var i = 0; i < 8; i++)
        {
            wakers.Add(new TurnWaker(() =>
            {
                lock (threads) threads.Add(Environment.CurrentManagedThreadId);
                if (Interlocked.Decrement(ref _left) == 0) done.TrySetResult();
            }));
        }

        foreach (var waker in wakers) waker.Start();
        foreach (var waker in wakers) waker.Wake();
        await done.Task.WaitAsync(Never.Bound);
        threads.Count.ShouldBe(1);
        foreach (var waker in wakers) waker.Dispose();
    }

    private int _left = 8;

    [Fact]
    public void A_wake_after_the_end_does_no_harm()
    {
        var waker = new TurnWaker(() => { });
        waker.Start();
        waker.Dispose();
        waker.Wake();
    }

    [Fact]
    public void Time_goes_forward()
    {
        var before = SystemClock.Now;
        var after = SystemClock.Now;
        after.Nanoseconds.ShouldBeGreaterThanOrEqualTo(before.Nanoseconds);
        before.Nanoseconds.ShouldBeGreaterThan(0);
        DateTimeOffset.FromUnixTimeMilliseconds(before.UnixMilliseconds).Year.ShouldBeGreaterThan(2020);
    }
}
