using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>
/// Writes a node's journal: takes what is pending, writes and syncs it, tells, and takes what has gathered meanwhile. No
/// timer and no fixed size: a slow disk makes larger batches. A second thread prepares segments, so that filling one with
/// zeros holds up no commit.
/// </summary>
public sealed class JournalThread : IDisposable
{
    // A mark when nothing has happened for a while: from then on damage to the last batch can be told from a torn write.
    private const int IdleMilliseconds = 1000;

    private readonly NodeJournal _journal;
    private readonly Lock _gate;
    private readonly bool _sync;
    private readonly Action<PersistPoint> _persisted;
    private readonly Action<string> _failed;
    private readonly Thread _thread;
    private readonly BackgroundThread _preparing;

    // No spinning: on two shared cores a spinning thread takes time from the one that would give it work.
    private readonly ManualResetEventSlim _work = new(initialState: false, spinCount: 0);
    private volatile bool _isStopping;
    private bool _hasFailed;
    private long _noPlanBefore;

    /// <param name="gate">The node's lock.</param>
    /// <param name="sync">False: hand to the operating system only (durability "written").</param>
    /// <param name="persisted">Called under the gate whenever the durable point has moved.</param>
    /// <param name="failed">Called once, under the gate, when the journal has failed for good; nothing follows.</param>
    public JournalThread(NodeJournal journal, Lock gate, bool sync, Action<PersistPoint> persisted, Action<string> failed)
    {
        (_journal, _gate, _sync, _persisted, _failed) = (journal, gate, sync, persisted, failed);
        _preparing = new BackgroundThread("journal-prepare");
        _thread = new Thread(Run) { Name = "journal", IsBackground = true };
    }

    public JournalMetrics Metrics { get; } = new();

    public void Start() => _thread.Start();

    /// <summary>Something was appended. Any thread, with or without the gate; cheap when the thread is awake. Call it once
    /// for all that a turn appends.</summary>
    public void Wake() => _work.Set();

    /// <summary>Writes what is pending, with a mark behind it, and ends the threads. Not under the gate.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _work.Set();
        if (_thread.IsAlive && Thread.CurrentThread != _thread) _thread.Join();
        _preparing.Dispose();
        _work.Dispose();
    }

    private void Run()
    {
        PlanNext();
        while (true)
        {
            // Before looking, so that what is appended after the look wakes the wait.
            _work.Reset();
            var isStopping = _isStopping;
            JournalBatch? batch;
            bool hasPending;
            lock (_gate)
            {
                batch = _journal.TakeBatch();
                hasPending = _journal.HasPending;
            }

            if (batch is not null)
            {
                if (!TryWrite(batch)) return;
                continue;
            }

            if (HasFailedMeanwhile()) return;
            if (isStopping && !hasPending)
            {
                if (!WriteMark()) return;
                continue;
            }

            if (_work.Wait(IdleMilliseconds)) continue;
            PlanNext(); // after a full disk this is the next attempt
            if (_sync)
            {
                lock (_gate) _journal.AppendMark();
            }
        }
    }

    /// <summary>The last thing of a clean stop. False: it is there.</summary>
    private bool WriteMark()
    {
        if (!_sync) return false;
        lock (_gate)
        {
            _journal.AppendMark();
            return _journal.HasPending;
        }
    }

    private bool TryWrite(JournalBatch batch)
    {
        Metrics.Begin();
        var bytes = batch.Length;
        var isWritten = _journal.Write(batch, _sync);
        Metrics.End(bytes);
        lock (_gate)
        {
            // A failed preparation may have ended the journal meanwhile: then this batch does not count either.
            if (isWritten && !_journal.IsFailed)
            {
                _persisted(_journal.Complete(batch));
                PlanNext();
                return true;
            }

            TellFailure();
            return false;
        }
    }

    private bool HasFailedMeanwhile()
    {
        if (!_journal.IsFailed) return false;
        lock (_gate) TellFailure();
        return true;
    }

    private void TellFailure()
    {
        if (_hasFailed) return;
        _hasFailed = true;
        _failed(_journal.Why ?? "the journal has failed");
    }

    private void PlanNext()
    {
        lock (_gate)
        {
            if (_isStopping || Environment.TickCount64 < _noPlanBefore) return;
            var plan = _journal.PlanNext();
            if (plan is not null) _preparing.Post(() => Prepare(plan));
        }
    }

    private void Prepare(SegmentPlan plan)
    {
        _journal.Prepare(plan);
        lock (_gate)
        {
            _journal.EndPlan(plan);
            if (_journal.IsSpaceShort) _noPlanBefore = Environment.TickCount64 + IdleMilliseconds;
        }

        // A batch may have waited for this segment.
        _work.Set();
    }
}
