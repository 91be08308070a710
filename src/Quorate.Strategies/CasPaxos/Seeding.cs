using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// How an acceptor that lost its memory comes back. It may have promised, and helped to choose, what it does not know any more,
/// so it takes no part (<see cref="CasPaxosReplica.IsVoting"/>) until the control plane has begun an epoch in which it is a
/// learner. As ballots begin with the epoch, what it promised before is void, and what is proposed with promises of before is
/// refused by all that are in the new epoch. Then it reads the registers of so many members that of each key it has
/// seen F+1 others: whatever was chosen with its help, one of them has. After that, and in the next epoch, it votes.
/// </summary>
internal sealed class Seeding(CasPaxosReplica replica)
{
    private readonly SortedDictionary<NodeId, long> _next = [];
    private readonly HashSet<NodeId> _done = [];
    private readonly ArrayBufferWriter<byte> _record = new();
    private long _askTick;

    public int Done => _done.Count;

    public bool IsUnderWay =>
        replica.Accepted is { IsSettled: true, HasState: false, Newest: { } newest } && newest.Learners.Contains(replica.Self);

    public void OnEpoch()
    {
        _next.Clear();
        _done.Clear();
        _askTick = 0;
    }

    public void OnTick()
    {
        if (!IsUnderWay || replica.Ticks < _askTick) return;
        _askTick = replica.Ticks + replica.Options.ResendTicks;
        foreach (var node in replica.Accepted.Newest!.InSync) if (!_done.Contains(node)) Ask(node);
    }

    /// <summary>Tells a learner of the registers that it is an acceptor of. What is told is durable here.</summary>
    public void Answer(NodeId learner, SeedRequest request)
    {
        var store = replica.Acceptor.Store;
        if (!replica.IsVoting || request.From > store.SlotCount) return;
        replica.Journal.Save(replica.Out);
        var items = new ArrayBufferWriter<byte>();
        var slot = (int)request.From;
        for (; slot < store.SlotCount && items.WrittenCount < replica.Options.MaxBatchBytes; slot++)
        {
            if (store.SlotAt(slot) is not { Accepted.IsNone: false } register) continue;
            if (replica.Accepted.Acceptors!.Of(register.Hash).Contains(learner)) RegisterRecord.WriteWhole(items, register);
        }

        var piece = new SeedPiece
        {
            Epoch = request.Epoch,
            Incarnation = request.Incarnation,
            From = request.From,
            Next = slot,
            IsLast = slot == store.SlotCount,
            Floor = store.Floor,
            Registers = items.WrittenMemory,
        };
        replica.Out.Send(learner, piece, replica.Journal.LastPoint);
    }

    public void HandlePiece(NodeId from, SeedPiece piece)
    {
        if (!IsUnderWay || piece.Incarnation != replica.Incarnation || _done.Contains(from)) return;
        if (_next.GetValueOrDefault(from) != piece.From || !replica.Accepted.Newest!.InSync.Contains(from)) return;
        var store = replica.Acceptor.Store;
        RegisterRecord.Replay(piece.Registers.Span, store);
        store.RaiseFloor(piece.Floor);
        _record.ResetWrittenCount();
        _record.Write(piece.Registers.Span);
        RegisterRecord.WriteFloor(_record, store.Floor);
        replica.Acceptor.Unsaved.Write(_record.WrittenSpan);
        _next[from] = piece.Next;
        if (!piece.IsLast) Ask(from);
        else if (_done.Add(from) && _done.Count >= replica.Accepted.Acceptors!.SeedsNeeded) End();
    }

    private void Ask(NodeId node) => replica.Out.Send(
        node,
        new SeedRequest
        {
            Epoch = replica.Accepted.Epoch,
            Incarnation = replica.Incarnation,
            From = _next.GetValueOrDefault(node),
        });

    private void End()
    {
        // The record that says so comes after those that make it true.
        replica.Journal.Save(replica.Out);
        replica.Accepted.NoteState(replica.Out);
    }
}
