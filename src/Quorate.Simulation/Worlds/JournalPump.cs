using Quorate.Cluster;
using Quorate.Cluster.Journal;
using Quorate.Cluster.Turns;
using Quorate.Replication;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// What the shell's journal thread does, as events with time between them in which a crash can fall: take a batch, write
/// and sync it, complete it, prepare the next segment. It belongs to one life of its node.
/// </summary>
internal sealed class JournalPump(SimNode node, Prng prng)
{
    private readonly long _life = node.Life;
    private NodeJournal? _journal;
    private bool _isBusy;
    private bool _isPlanning;
    private long _waitingSince = -1;
    private long _lastTook;

    /// <summary>How long the oldest write waits, and how long the last took, in milliseconds of the node's host.</summary>
    public (int Oldest, int Last) Measured =>
        (
            _waitingSince < 0 ? 0 : (int)((node.World.Now - _waitingSince) / World.Millisecond),
            (int)(_lastTook / World.Millisecond));

    /// <summary>Recovers into <paramref name="target"/>.</summary>
    /// <returns>Null, or why the node must not start.</returns>
    /// <exception cref="SimulatedPowerLoss">while recovering.</exception>
    public string? Open(Node target, JournalOptions options)
    {
        var recovery = NodeJournal.Open(node.Disk, options, (group, record, point) =>
        {
            node.World.Log(
                $"{node.Id} recovers {point} {group} kind {record[0]} {record.Length} bytes: "
                    + $"{Convert.ToHexString(record[..Math.Min(40, record.Length)])}");
            return node.Forgets(record) || target.Recover(group, record, point);
        });
        _journal = recovery.Journal;
        return recovery.Refusal;
    }

    public PersistPoint Append(GroupId group, ReadOnlySpan<byte> record)
    {
        var point = _journal!.Append(group, record);
        if (_waitingSince < 0) _waitingSince = node.World.Now;
        Kick();
        return point;
    }

    public void Release(GroupId group, PersistPoint point) => _journal!.Release(group, point);

    /// <summary>Flips a bit of a record that a later one proves to have been durable: damage that must be noticed.</summary>
    public static bool Rot(SimDisk disk, Prng prng)
    {
        const int header = 4096;
        return disk.Rot((_, length) =>
        {
            if (length <= header) return -1;
            return prng.Chance(300) ? prng.Below(header) : header + prng.Below(256);
        });
    }

    private void Kick()
    {
        if (_isBusy) return;
        _isBusy = true;
        After(Delay(100), Take);
    }

    private void Take()
    {
        _isBusy = false;
        if (_journal!.TakeBatch() is not { } batch) return;
        _isBusy = true;
        After(Delay(200), () => Write(batch));
    }

    private void Write(JournalBatch batch)
    {
        if (!_journal!.Write(batch, sync: true))
        {
            node.OnJournalFailed(_journal.Why!);
            return;
        }

        After(Delay(300), () =>
        {
            if (_journal.IsFailed) return; // a segment could not be prepared meanwhile: the node has refused to go on
            var durable = _journal.Complete(batch);
            _isBusy = false;
            if (_waitingSince >= 0) _lastTook = node.World.Now - _waitingSince;
            _waitingSince = _journal.HasPending ? node.World.Now : -1;
            node.OnPersisted(durable);
            if (_life != node.Life) return;
            if (_journal.HasPending) Kick();
            else if (prng.Chance(100)) Attest();
            Plan();
        });
    }

    private void Attest()
    {
        _journal!.AppendMark();
        if (_journal.HasPending) Kick();
    }

    private void Plan()
    {
        if (_isPlanning || _journal!.PlanNext() is not { } plan) return;
        _isPlanning = true;
        After(Delay(1000), () =>
        {
            _journal.Prepare(plan);
            After(Delay(100), () =>
            {
                _isPlanning = false;
                if (!_journal.EndPlan(plan)) node.OnJournalFailed(_journal.Why!);
                else if (_journal.HasPending) Kick();
            });
        });
    }

    /// <summary>Up to twice the given microseconds, times the disk's slowness.</summary>
    private long Delay(int microseconds) => prng.Below(2 * microseconds) * World.Microsecond * node.DiskSlowness;

    private void After(long delay, Action happen) => node.World.After(delay, () => node.RunHost(_life, happen));
}
