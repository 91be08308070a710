using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>The members, and the partitions that are here because of them.</summary>
internal sealed class Membership(LeaderlessReplica replica, Func<int, IMergeMachine> machineOfPartition, ulong seed)
{
    private readonly Dictionary<NodeId, Peer> _peers = [];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly Prng _dice = new(seed);
    private IMergeMachine? _first;
    private long _pingAt;
    private bool _hasStarted;

    public Peer? PeerOf(NodeId node) => _peers.GetValueOrDefault(node);

    public bool IsUp(NodeId node) =>
        node == replica.Self || (PeerOf(node)?.IsUp(replica.Tick, replica.Options.SilenceTicks) ?? false);

    public void PingSoon() => _pingAt = replica.Tick;

    public void OnTick()
    {
        if (replica.Tick >= _pingAt) PingEverybody();
        foreach (var node in replica.Placement.Everybody) PeerOf(node)?.Outbox.OnTick();
    }

    /// <summary>After the last record was read.</summary>
    public void Start(bool wasJournaled)
    {
        _hasStarted = true;
        foreach (var partition in replica.Partitions)
        {
            if (partition is null) continue;
            if (wasJournaled) partition.Machine.RemembersAll();
            else BeginAnew(partition);
        }

        if (replica.Placement.Accepted is null) return;
        MeetEverybody();
        if (!wasJournaled || !replica.Options.Durable) replica.Journal.SavePlace(replica.Out);
    }

    public void Accept(GroupConfiguration configuration)
    {
        var placement = replica.Placement;
        var isBirth = placement.Accepted is null && configuration.Epoch.Value == 1;
        var before = placement.Epoch;
        if (!placement.TryAccept(configuration)) return;
        MeetEverybody();
        if (placement.Epoch != before || !placement.KnowsPast) TakeUpPartitions(isBirth);
        Follow();
    }

    public void OnPing(Peer from, Ping ping)
    {
        from.OnPing(ping);
        LearnPast(from);
        if (ping.KnowsPast && replica.Placement.KnowsPast && ping.Epoch == replica.Placement.Epoch)
            replica.AntiEntropy.NoteSettled(ping.Settled.Span);
    }

    /// <summary>A partition as records or assignments speak of it.</summary>
    public Partition Hold(int index)
    {
        if (replica.Partitions[index] is { } partition)
        {
            if (!partition.IsHeld && _hasStarted) JournalAgain(partition);
            partition.IsHeld = true;
            return partition;
        }

        partition = replica.Partitions[index] = new Partition(
            index, index == 0 && _first is not null ? _first : machineOfPartition(index));
        if (_hasStarted) BeginAnew(partition);
        return partition;
    }

    /// <summary>A member that holds nothing answers its clients, too.</summary>
    public IMergeMachine AnyMachine =>
        Array.Find(replica.Partitions, p => p is not null)?.Machine ?? (_first ??= machineOfPartition(0));

    /// <summary>A member that was told of the newest members alone learns from the others which came before.</summary>
    private void LearnPast(Peer told)
    {
        if (replica.Placement.KnowsPast || replica.Placement.Accepted is not { } accepted || told.Accepted != accepted.Epoch)
            return;
        IEnumerable<Generation> past = told.Past;
        if (!told.KnowsPast)
        {
            if (!Array.TrueForAll(replica.Placement.Everybody, n => n == replica.Self || PeerOf(n)!.Accepted == accepted.Epoch))
                return;
            past = replica.Placement.Generations.Concat(replica.Placement.Everybody
                .Where(n => n != replica.Self).SelectMany(n => PeerOf(n)!.Past));
        }

        if (!replica.Placement.Learn([.. past])) return;
        MeetEverybody();
        TakeUpPartitions(isBirth: false);
        Follow();
    }

    /// <summary>The members are others, or others are known.</summary>
    private void Follow()
    {
        replica.Journal.SavePlace(replica.Out);
        replica.AntiEntropy.OnPlacement();
        replica.Coordinator.OnPlacement();
        PingSoon();
    }

    /// <summary>It was given away, and what the journal says of it is void; in memory it still is what it was.</summary>
    private void JournalAgain(Partition partition)
    {
        var summary = partition.Summary().ToArray();
        if (partition.HasGaps) replica.Journal.Merge(partition, partition.Birth);
        var (from, hasMore) = (0UL, true);
        while (hasMore)
        {
            _scratch.ResetWrittenCount();
            hasMore = partition.Machine.WriteStates(ref from, replica.Options.SnapshotPieceBytes, _scratch);
            replica.Journal.Merge(partition, _scratch.WrittenSpan);
        }

        replica.Journal.Merge(partition, summary);
    }

    private void BeginAnew(Partition partition)
    {
        _scratch.ResetWrittenCount();
        partition.Machine.BeginAnew(_scratch);
        partition.IsComplete = partition.IsNew = false;
        partition.Birth = _scratch.WrittenSpan.ToArray();
        replica.Journal.Merge(partition, _scratch.WrittenSpan);
    }

    /// <summary>The group is born with all its members empty; later a new holder lacks what was written before.</summary>
    private void TakeUpPartitions(bool isBirth)
    {
        for (var p = 0; p < replica.Partitions.Length; p++)
        {
            var holders = replica.Placement.HoldersOf(p)!;
            var isFirst = replica.Partitions[p] is not { IsHeld: true };
            var isHolder = holders.Newest.Contains(replica.Self);
            if (replica.Partitions[p] is { } known)
            {
                known.AskAnew();
                // A node that was no holder just before may have missed something.
                var wasHolder = holders.Sets.Count < 2 || holders.Sets[^2].Contains(replica.Self);
                if (isHolder && (!wasHolder || !known.IsHeld)) known.IsComplete = false;
            }

            if (!isHolder) continue;
            var held = Hold(p);
            held.IsComplete |= isBirth;
            if (isFirst && !isBirth) held.IsNew = true;
        }
    }

    private void MeetEverybody()
    {
        foreach (var node in replica.Placement.Everybody) if (node != replica.Self) _peers.TryAdd(node, new Peer(node, replica));
        foreach (var gone in _peers.Keys.Except(replica.Placement.Everybody).ToList())
        {
            _peers[gone].Outbox.GiveUpAll();
            _peers.Remove(gone);
        }
    }

    private void PingEverybody()
    {
        // A little apart from each other, so that not all speak at once.
        _pingAt = replica.Tick + replica.Options.PingTicks + _dice.Below(2);
        var bytes = (replica.Partitions.Length + 7) / 8;
        var (settled, held, complete) = (new byte[bytes], new byte[bytes], new byte[bytes]);
        for (var p = 0; p < replica.Partitions.Length; p++)
        {
            if (replica.Placement.HoldersOf(p) is { IsMoving: false }) settled[p / 8] |= (byte)(1 << (p % 8));
            if (replica.Partitions[p] is not { IsHeld: true } partition) continue;
            held[p / 8] |= (byte)(1 << (p % 8));
            if (replica.IsComplete(partition)) complete[p / 8] |= (byte)(1 << (p % 8));
        }

        var generations = new ArrayBufferWriter<byte>();
        replica.Placement.EncodeGenerations(generations);
        var ping = new Ping
        {
            Epoch = replica.Placement.Epoch,
            Incarnation = replica.Incarnation,
            Hints = replica.Hints.Count,
            Accepted = replica.Placement.Accepted!.Epoch,
            KnowsPast = replica.Placement.KnowsPast,
            Generations = generations.WrittenMemory,
            Settled = settled,
            Held = held,
            Complete = complete,
        };
        foreach (var node in replica.Placement.Everybody) if (node != replica.Self) replica.Post(node, null, ping);
    }
}
