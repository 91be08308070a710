using System.Buffers;
using System.Numerics;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Coordinates requests about partitions that this replica holds. [Dynamo §4.5] A write is executed here and its delta sent to
/// the other holders; a read asks them first. Linearizable operations do both. [ABD §3]
/// </summary>
internal sealed class Coordinator(LeaderlessReplica replica)
{
    private readonly Dictionary<long, Operation> _operations = [];
    private readonly Queue<Operation> _byAge = [];
    private readonly ArrayBufferWriter<byte> _reply = new();
    private readonly ArrayBufferWriter<byte> _delta = new();
    private byte[] _lastReply = [];
    private long _last;

    public int Count => _operations.Count;

    public bool IsWaiting(long operation) => _operations.TryGetValue(operation, out var found) && !found.IsAnswered;

    /// <summary>Coordinates one request; <paramref name="payload"/> is without its prefix.</summary>
    public void Begin(Asker asker, Partition partition, bool isWrite, int r, int w, ReadOnlySpan<byte> payload)
    {
        var holders = replica.Placement.HoldersOf(partition.Index)!;
        var isExact = replica.Options.Linearizable && r == 0 && w == 0;
        if (r == 0) r = replica.Options.R;
        if (w == 0) w = replica.Options.W;
        if (replica.WhyNot(holders, isWrite, isExact, r, w) is { } why)
        {
            replica.Statistics.Refused++;
            replica.Answer(asker, Outcome.Unavailable(why), default, null);
            return;
        }

        var operation = new Operation
        {
            Id = ++_last + (replica.Incarnation << 40),
            Asker = asker,
            Partition = partition,
            Holders = holders,
            IsWrite = isWrite,
            IsExact = isExact,
            R = r,
            W = w,
            Begun = replica.Tick,
        };
        var own = holders.BitOf(replica.Self);
        var counts = replica.Counts(partition, holders);
        if (isWrite && !isExact)
        {
            Execute(operation, payload);
            return;
        }

        operation.Answered = operation.Heard = counts ? own : 0;
        operation.Keys = [.. replica.Keys.KeysOf(payload)];
        // A command that names no key is answered from here: there is no holder to ask.
        if (operation.HasReadQuorum || (operation.Keys.Length == 0 && counts))
        {
            Execute(operation, payload);
            return;
        }

        operation.Payload = payload.ToArray();
        Keep(operation);
        Ask(operation);
    }

    /// <summary>A holder's answer.</summary>
    public void OnState(NodeId from, State state)
    {
        if (!_operations.TryGetValue(state.Operation, out var operation)) return;
        var at = operation.Holders.IndexOf(from);
        if (at < 0
            || at >= operation.Versions.Length || (operation.Heard >> at & 1) != 0
            || state.Versions.Length != operation.Keys.Length)
            return;
        if (!TryTakeIn(operation, state)) return;
        operation.Heard |= 1UL << at;
        operation.Versions[at] = state.Versions;
        if (state.IsComplete || (state.IsNew && operation.Holders.IsNewcomer(from))) operation.Answered |= 1UL << at;
        if (operation.IsAnswered) RepairBehind(operation);
        else if (!operation.IsExecuted && operation.HasReadQuorum) Execute(operation, operation.Payload);
        ForgetIfOver(operation);
    }

    /// <summary>Another node has it durably.</summary>
    public void OnConfirmed(NodeId node, OutEntry entry)
    {
        if (!_operations.TryGetValue(entry.Operation, out var operation) || !operation.IsStoring) return;
        if (entry.Bundle is { } bundle && --bundle.Left > 0) return;
        if (entry.HintFor.IsNone) operation.Stored |= operation.Holders.BitOf(node);
        else operation.StoodInFor |= operation.Holders.BitOf(entry.HintFor);
        AnswerIfStored(operation);
        ForgetIfOver(operation);
    }

    public void OnTick()
    {
        while (_byAge.TryPeek(out var oldest))
        {
            var isOver = !_operations.ContainsKey(oldest.Id);
            if (!isOver && replica.Tick - oldest.Begun <= replica.Options.PatienceTicks) break;
            _byAge.Dequeue();
            if (_operations.Remove(oldest.Id) && !oldest.IsAnswered) GiveUp(oldest);
        }

        if (replica.Tick % replica.Options.ResendTicks != 0) return;
        foreach (var operation in _byAge)
        {
            if (!_operations.ContainsKey(operation.Id) || operation.IsAnswered) continue;
            if (!operation.IsExecuted) Ask(operation);
            else if (replica.Options.Sloppy && replica.Tick - operation.Begun >= replica.Options.StandInTicks)
                AskStandIns(operation);
        }
    }

    /// <summary>The holders of partitions are others now.</summary>
    public void OnPlacement()
    {
        foreach (var operation in _byAge)
        {
            if (!_operations.ContainsKey(operation.Id)) continue;
            var holders = replica.Placement.HoldersOf(operation.Partition.Index)!;
            if (ReferenceEquals(holders, operation.Holders)) continue;
            var before = operation.Holders;
            operation.MoveTo(holders);
            if (operation.IsAnswered) continue;
            if (!operation.IsExecuted)
            {
                // Holders that answered may have counted for other operations.
                var counts = replica.Counts(operation.Partition, holders);
                operation.Answered = operation.Heard = counts ? holders.BitOf(replica.Self) : 0;
                Ask(operation);
                continue;
            }

            foreach (var node in holders.All)
                if (node != replica.Self && !before.Contains(node)) Send(operation, node, default);
        }
    }

    private void Keep(Operation operation)
    {
        if (!_operations.TryAdd(operation.Id, operation)) return;
        if (operation.Keys.Length > 0) operation.Versions = new ulong[]?[operation.Holders.All.Length];
        _byAge.Enqueue(operation);
    }

    private void Ask(Operation operation)
    {
        var versions = VersionsHere(operation);
        foreach (var node in operation.Holders.All)
        {
            if (node == replica.Self || (operation.Heard & operation.Holders.BitOf(node)) != 0) continue;
            replica.Post(node, null, new Query
            {
                Epoch = replica.Placement.Epoch,
                Operation = operation.Id,
                Partition = operation.Partition.Index,
                IsExact = operation.IsExact,
                Keys = operation.Keys,
                Versions = versions,
            });
        }
    }

    private static ulong[] VersionsHere(Operation operation) =>
        Array.ConvertAll(operation.Keys, key => operation.Partition.VersionOf(key, operation.IsExact));

    private bool TryTakeIn(Operation operation, State state)
    {
        for (var i = 0; i < state.States.Length; i++)
        {
            if (state.States[i].IsEmpty) continue;
            var before = operation.Partition.VersionOf(operation.Keys[i], isExact: true);
            var result = operation.Partition.Machine.TryMerge(state.States[i].Span, replica.Now);
            if (result.Kind is not (MergeKind.Merged or MergeKind.Known)) return false;
            replica.Statistics.SiblingsSeen += result.Conflicts;
            if (operation.Partition.VersionOf(operation.Keys[i], isExact: true) == before) continue;
            // Read repair of this replica itself.
            replica.Journal.Merge(operation.Partition, state.States[i].Span);
            operation.WasBehind = true;
        }

        return true;
    }

    private void Execute(Operation operation, ReadOnlySpan<byte> payload)
    {
        var partition = operation.Partition;
        _reply.ResetWrittenCount();
        _delta.ResetWrittenCount();
        if (operation.WasBehind) replica.Statistics.StaleReads++;
        var isChange = partition.Machine.Execute(payload, replica.Now, _reply, _delta);
        if (isChange) replica.Journal.Merge(partition, _delta.WrittenSpan);
        operation.IsExecuted = true;
        operation.Payload = [];
        if (isChange)
        {
            operation.Delta = _delta.WrittenSpan.ToArray();
            BeginStoring(operation);
        }
        else if (operation is { IsExact: true, Keys.Length: > 0 } && replica.Rules.WritesBack)
        {
            BeginWritingBack(operation);
        }
        else
        {
            Answer(operation, _reply.WrittenSpan);
            if (operation.Keys.Length > 0) RepairBehind(operation);
        }

        ForgetIfOver(operation);
    }

    private void BeginStoring(Operation operation)
    {
        var others = operation.Holders.All.Length > 1;
        operation.IsStoring = true;
        operation.Stored = operation.Holders.BitOf(replica.Self);
        if (operation.HasWriteQuorum(replica.Rules)) Answer(operation, _reply.WrittenSpan);
        else operation.Reply = KeptReply();
        if (!others) return;
        Keep(operation);
        // What others had shown goes with it: a holder that has the update then has what it was made upon.
        var states = operation is { IsExact: true, WasBehind: true };
        var shared = states ? null : EntryOf(operation.Partition.Index, default, operation.Delta, operation.Id, null);
        foreach (var node in operation.Holders.All)
        {
            if (node == replica.Self || !replica.IsUp(node)) continue;
            if (shared is null) Send(operation, node, default, states);
            else replica.PeerOf(node)?.Outbox.Add(shared);
        }

        if (replica.Options.Sloppy) AskStandIns(operation);
    }

    private void BeginWritingBack(Operation operation)
    {
        var final = VersionsHere(operation);
        operation.Stored = operation.Holders.BitOf(replica.Self);
        for (var i = 0; i < operation.Versions.Length; i++)
            if (operation.Versions[i] is { } versions && versions.AsSpan().SequenceEqual(final)) operation.Stored |= 1UL << i;
        if (operation.HasWriteQuorum(replica.Rules))
        {
            Answer(operation, _reply.WrittenSpan);
            return;
        }

        operation.IsStoring = true;
        operation.Reply = KeptReply();
        Keep(operation);
        foreach (var node in operation.Holders.All)
            if (node != replica.Self && (operation.Stored & operation.Holders.BitOf(node)) == 0) Send(operation, node, default);
        replica.Statistics.WriteBacks++;
    }

    /// <summary>The delta; or, where there is none, the states of the keys; or both. Counted when all of it is
    /// confirmed.</summary>
    private void Send(Operation operation, NodeId node, NodeId hintFor, bool withStates = false)
    {
        var hasDelta = operation.Delta.Length > 0;
        var states = withStates || !hasDelta ? operation.Keys.Length : 0;
        var bundle = states + (hasDelta ? 1 : 0) > 1 ? new Bundle { Left = states + (hasDelta ? 1 : 0) } : null;
        for (var i = 0; i < states; i++)
            Send(
                node, operation.Partition.Index, default, operation.Partition.StateOf(operation.Keys[i]).ToArray(), operation.Id,
                bundle);
        if (hasDelta) Send(node, operation.Partition.Index, hintFor, operation.Delta, operation.Id, bundle);
    }

    private void Send(NodeId node, int partition, NodeId hintFor, byte[] bytes, long operation, Bundle? bundle = null) =>
        replica.PeerOf(node)?.Outbox.Add(EntryOf(partition, hintFor, bytes, operation, bundle));

    private OutEntry EntryOf(int partition, NodeId hintFor, byte[] bytes, long operation, Bundle? bundle) => new()
    {
        Partition = partition,
        HintFor = hintFor,
        Bytes = bytes,
        Operation = operation,
        Bundle = bundle,
        Until = replica.Tick + replica.Options.PatienceTicks,
    };

    /// <summary>The reply, to be given later. Most say the same: they share an array.</summary>
    private byte[] KeptReply()
    {
        if (!_reply.WrittenSpan.SequenceEqual(_lastReply)) _lastReply = _reply.WrittenSpan.ToArray();
        return _lastReply;
    }

    /// <summary>[Dynamo §4.6] For each holder that is down, or silent about this for long, the next member that is not: it
    /// keeps the update until it can give it to the holder.</summary>
    private void AskStandIns(Operation operation)
    {
        if (operation.Delta.Length == 0) return;
        foreach (var holder in operation.Holders.All)
        {
            var bit = operation.Holders.BitOf(holder);
            if (holder == replica.Self || (bit & (operation.Stored | operation.HintedFor)) != 0) continue;
            if (replica.IsUp(holder) && replica.Tick - operation.Begun < replica.Options.StandInTicks) continue;
            var standIn = operation.Holders.Preference.FirstOrDefault(
                n => !operation.Holders.Contains(n) && replica.IsUp(n) && operation.StandIns?.Contains(n) != true);
            if (standIn.IsNone) return;
            operation.HintedFor |= bit;
            (operation.StandIns ??= []).Add(standIn);
            replica.Statistics.SloppyWrites++;
            Send(operation, standIn, holder);
        }
    }

    private void AnswerIfStored(Operation operation)
    {
        if (!operation.IsAnswered && operation.HasWriteQuorum(replica.Rules)) Answer(operation, operation.Reply);
    }

    private void Answer(Operation operation, ReadOnlySpan<byte> reply)
    {
        operation.IsAnswered = true;
        replica.Answer(operation.Asker, Outcome.Done, reply, operation.Partition);
        operation.Reply = [];
    }

    /// <summary>[Dynamo §5.2] Holders that answered with less than is known here get the states of the keys.</summary>
    private void RepairBehind(Operation operation)
    {
        var final = VersionsHere(operation);
        for (var i = 0; i < operation.Versions.Length; i++)
        {
            if (operation.Versions[i] is not { } versions) continue;
            for (var k = 0; k < final.Length; k++)
            {
                if (versions[k] == final[k]) continue;
                versions[k] = final[k];
                replica.Statistics.RepairsSent++;
                Send(
                    operation.Holders.All[i], operation.Partition.Index, default,
                    operation.Partition.StateOf(operation.Keys[k]).ToArray(), 0);
            }
        }
    }

    private void ForgetIfOver(Operation operation)
    {
        if (!operation.IsAnswered) return;
        var all = operation.Holders.All.Length == 64 ? ulong.MaxValue : (1UL << operation.Holders.All.Length) - 1;
        var asked = operation.Keys.Length > 0 && !operation.IsWrite;
        if (!asked || BitOperations.PopCount(operation.Heard & all) == operation.Holders.All.Length)
            _operations.Remove(operation.Id);
    }

    private void GiveUp(Operation operation)
    {
        var executed = operation is { IsExecuted: true, IsWrite: true };
        if (executed) replica.Statistics.Unknown++;
        else replica.Statistics.Refused++;
        replica.Answer(
            operation.Asker,
            executed
                ? Outcome.Unknown($"fewer than {operation.W} holders have confirmed it in time")
                : Outcome.Unavailable("too few holders answered in time"),
            default,
            operation.Partition);
    }
}
