using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Compares every partition held here with every other node that holds it, one at a time, and draws the conclusions: what is
/// lacking was asked for; what every holder has seen; what was given away. [Dynamo §4.7]
/// </summary>
internal sealed class AntiEntropy(LeaderlessReplica replica)
{
    private readonly ArrayBufferWriter<byte> _delta = new();
    private Comparison? _running;
    private long _budget;
    private long _rounds;
    private int _next;
    private int _nextCollected;
    private bool _placeChanged;
    private bool _hasSettled;

    public long Done { get; private set; }

    public long Abandoned { get; private set; }

    public void OnTick()
    {
        _budget = Math.Min(
            _budget + (replica.Options.RepairBytesPerSecond * IReplica.TickLength / 1000), replica.Options.RepairBytesPerSecond);
        if (_running is not null
            && (_running.IsOver || replica.Tick - _running.ProgressAt > replica.Options.ComparePatienceTicks))
            End();
        if (_running is null && (replica.Tick % replica.Options.CompareTicks == 0 || IsUrgent)) Begin();
        Work();
        Settle();
        CollectSome();
    }

    public void OnCompared(NodeId from, Compared message)
    {
        if (_running is null || _running.Other != from || _running.Partition.Index != message.Partition) return;
        _running.OnCompared(message);
        _budget -= _running.TakeFetched();
        Work();
    }

    /// <summary>Another holder has seen updates of this node that this node does not know: its memory was lost, or an older one
    /// came back.</summary>
    public void NoteOwnUpdates(Partition partition, VersionVector seenByOther)
    {
        if (!partition.IsComplete || seenByOther[replica.Self] <= partition.Machine.Seen.LastOf(replica.Self)) return;
        partition.IsComplete = partition.IsNew = false;
        partition.AskAnew();
        replica.Statistics.MemoryLost++;
        _placeChanged = true;
    }

    /// <summary>The members are others: those that were asked about the older ones are asked again.</summary>
    public void OnPlacement()
    {
        _running = null;
        _placeChanged = true;
    }

    /// <summary>Another member has seen that partitions have moved. That remains true, also when one of the new holders has since
    /// lost its memory, and older ones have given away what they had.</summary>
    public void NoteSettled(ReadOnlySpan<byte> settled)
    {
        for (var p = 0; p < replica.Partitions.Length && p / 8 < settled.Length; p++)
        {
            if ((settled[p / 8] >> (p % 8) & 1) == 0 || replica.Placement.HoldersOf(p) is not { IsMoving: true }) continue;
            replica.Placement.Settle(p);
            _hasSettled = true;
        }
    }

    private bool IsUrgent => Array.Exists(replica.Partitions, p => p is { IsHeld: true, IsComplete: false });

    private void Work()
    {
        if (_running is null || _budget <= 0) return;
        _running.Work();
        if (_running.IsOver) End();
    }

    private void End()
    {
        if (_running!.IsDone)
        {
            Done++;
            Conclude(_running.Partition);
        }
        else Abandoned++;
        _running = null;
    }

    /// <summary>In turn: every partition with every other holder; those that lack something come first.</summary>
    private void Begin()
    {
        var urgent = IsUrgent;
        var nodes = replica.Placement.Everybody;
        var total = replica.Partitions.Length * Math.Max(1, nodes.Length);
        for (var i = 0; i < total; i++)
        {
            _next = (_next + 1) % total;
            var (index, node) = (_next / nodes.Length, nodes[_next % nodes.Length]);
            if (node == replica.Self
                || replica.Partitions[index] is not { IsHeld: true } partition || (urgent && partition.IsComplete))
                continue;
            if (urgent
                && partition.Of(node).TakenSince is { } taken && taken.Epoch >= replica.Placement.Epoch && taken.WasComplete)
                continue;
            if (!replica.IsUp(node) || !replica.PeerOf(node)!.Holds(index)) continue;
            _running = new Comparison(replica, partition, node, ++_rounds);
            return;
        }
    }

    /// <summary>After a comparison: does the partition count for reads, and is everything known that this node ever
    /// made?</summary>
    private void Conclude(Partition partition)
    {
        var holders = replica.Placement.HoldersOf(partition.Index)!;
        if (!partition.IsComplete && replica.Placement.KnowsPast && HasAskedEnough(partition, holders))
        {
            partition.IsComplete = true;
            partition.IsNew = false;
            _placeChanged = true;
        }

        if (partition is not { HasGaps: true, IsComplete: true } || !HasAskedEverybody(partition, holders)) return;
        _delta.ResetWrittenCount();
        partition.Birth = [];
        _placeChanged = true;
        while (partition.Machine.CloseGap(_delta, out _))
        {
            replica.Journal.Merge(partition, _delta.WrittenSpan);
            replica.Broadcast(partition, _delta.WrittenSpan);
            _delta.ResetWrittenCount();
        }
    }

    /// <summary>
    /// In every set of holders that may have acknowledged something this one lacks, so many others were asked that they met every
    /// write quorum, and that too few are left for a quorum of those that know older members only. Or all were.
    /// </summary>
    private bool HasAskedEnough(Partition partition, Holders holders)
    {
        var quorum = Math.Min(replica.Options.R, replica.Options.W);
        for (var i = 0; i < holders.Sets.Count; i++)
        {
            var set = holders.Sets[i];
            if (holders.IsMoving && i == holders.Sets.Count - 1) break;
            var (asked, complete, others) = (0, 0, 0);
            foreach (var node in set)
            {
                if (node == replica.Self) continue;
                others++;
                if (partition.Of(node).TakenSince is not { } taken || taken.Epoch < replica.Placement.Epoch) continue;
                asked++;
                if (taken.WasComplete) complete++;
            }

            if (asked < others && complete < Math.Min(others, set.Length - quorum + 1)) return false;
        }

        return true;
    }

    /// <summary>
    /// Every holder of the partition was compared with since every member had told that it keeps no hints. What this node
    /// made in an earlier life and was acknowledged is with a holder, or in a hint; and hints of what a dead life made do not
    /// come anew.
    /// </summary>
    private bool HasAskedEverybody(Partition partition, Holders holders)
    {
        foreach (var node in replica.Placement.Everybody)
        {
            if (node == replica.Self || (!holders.Contains(node) && !replica.PeerOf(node)!.Holds(partition.Index))) continue;
            if (!partition.Of(node).WasTakenQuietly) return false;
        }

        return IsQuiet;
    }

    /// <summary>Every other member is there and keeps no hints.</summary>
    public bool IsQuiet =>
        Array.TrueForAll(
            replica.Placement.Everybody, n => n == replica.Self || (replica.IsUp(n) && replica.PeerOf(n)!.Hints == 0));

    /// <summary>Partitions that have moved; and those that were given away.</summary>
    private void Settle()
    {
        if (!replica.Placement.KnowsPast) return;
        var settled = _hasSettled;
        _hasSettled = false;
        foreach (var index in replica.Placement.Generations.Count > 1 ? Enumerable.Range(0, replica.Partitions.Length) : [])
        {
            if (replica.Placement.HoldersOf(index) is not { IsMoving: true } holders
                || !Array.TrueForAll(holders.Newest, n => IsComplete(n, index)))
                continue;
            replica.Placement.Settle(index);
            settled = true;
        }

        if (settled)
        {
            replica.Coordinator.OnPlacement();
            _placeChanged |= replica.Placement.TryForgetOlder();
        }

        foreach (var partition in replica.Partitions)
        {
            if (partition is not { IsHeld: true, HasGaps: false }
                || replica.Placement.HoldersOf(partition.Index) is not { IsMoving: false } holders)
                continue;
            if (holders.Contains(replica.Self)
                || !Array.TrueForAll(holders.Newest, n => partition.Of(n).HasTaken == partition.Changes))
                continue;
            partition.IsHeld = false;
            replica.Statistics.GivenAway++;
            _placeChanged = true;
        }

        if (!_placeChanged) return;
        _placeChanged = false;
        replica.Journal.SavePlace(replica.Out);
        replica.Membership.PingSoon();
    }

    private bool IsComplete(NodeId node, int index) =>
        node == replica.Self
            ? replica.Partitions[index] is { IsHeld: true } partition && replica.IsComplete(partition)
            : replica.PeerOf(node) is { } peer && peer.IsComplete(index, replica.Placement.Epoch);

    /// <summary>What was removed is forgotten when every holder has said that it has seen the removal.</summary>
    private void CollectSome()
    {
        _nextCollected = (_nextCollected + 1) % replica.Partitions.Length;
        if (replica.Partitions[_nextCollected] is not { IsHeld: true } partition) return;
        var own = partition.Machine.Seen.ToVersionVector();
        if (SeenByAll(partition, own) is not { } seen) return;
        var stable = replica.Rules.Stable(seen, own);
        partition.Machine.Collect(stable, replica.Options.CollectPerTick);
    }

    private VersionVector? SeenByAll(Partition partition, VersionVector own)
    {
        var seen = own;
        foreach (var node in replica.Placement.Everybody)
        {
            if (node == replica.Self) continue;
            var isHolder = replica.Placement.HoldersOf(partition.Index)!.Contains(node)
                || replica.PeerOf(node)!.Holds(partition.Index);
            if (!isHolder) continue;
            if (partition.Of(node).Seen is not { } theirs) return replica.Rules.Stable(new VersionVector(), own);
            // What it had made itself by then may be older than what it confirms, and know nothing of it: that must be here
            // first.
            if (own[node] < theirs[node]) return replica.Rules.Stable(new VersionVector(), own);
            seen = VersionVector.Meet(seen, theirs);
        }

        return seen;
    }
}
