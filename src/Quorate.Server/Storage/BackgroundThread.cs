namespace Quorate.Server.Storage;

/// <summary>One thread that does one thing after another, for slow work on files. Work must not throw.</summary>
public sealed class BackgroundThread : IDisposable
{
    private readonly Queue<Action> _work = new();
    private readonly object _gate = new();
    private readonly Thread _thread;
    private bool _isStopping;

    public BackgroundThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Any thread; never waits. Not after <see cref="Dispose"/>.</summary>
    public void Post(Action work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopping, this);
            _work.Enqueue(work);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Does what was posted, then ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            Action work;
            lock (_gate)
            {
                while (_work.Count == 0)
                {
                    if (_isStopping) return;
                    Monitor.Wait(_gate);
                }

                work = _work.Dequeue();
            }

            work();
        }
    }
}
