using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Now and then compares digests with another member that has seen exactly the same: then any difference is one that should
/// not be, and the keys in which they differ are exchanged. First 64 parts, then 64 parts of each that differs.
/// </summary>
internal sealed class Comparison(MultiLeaderReplica replica)
{
    private const int Level = 6;
    private const int MostWithin = 4;
    private long _dueAt = long.MinValue;
    private int _next;

    public void OnTick()
    {
        var now = replica.Now.Nanoseconds;
        if (_dueAt == long.MinValue) Postpone(now);
        if (now < _dueAt || !IsQuiet) return;
        foreach (var _ in replica.Peers)
        {
            var peer = replica.Peers[_next++ % replica.Peers.Count];
            if (!peer.IsReachable || !peer.Acked.SetEquals(replica.Machine.Seen)) continue;
            Postpone(now);
            replica.Out.Send(peer.Node, Write(-1, isAnswer: false));
            return;
        }
    }

    public void OnCompare(Peer from, Compare message)
    {
        if (!IsQuiet || !message.Seen.SetEquals(replica.Machine.Seen)) return;
        replica.Counters.Comparisons++;
        if (message.Within < 0)
        {
            var asked = 0;
            for (var part = 0; part < Compare.Parts && asked < MostWithin; part++)
            {
                if (replica.Machine.DigestOf(Level, part) == message.Digests[part]) continue;
                replica.Out.Send(from.Node, Write(part, isAnswer: false));
                asked++;
            }

            return;
        }

        if (!TryWriteDiffering(message, out var states)) return;
        replica.Counters.Divergences++;
        if (!message.IsAnswer) replica.Out.Send(from.Node, Write(message.Within, isAnswer: true));
        var repair = new Changes { Incarnation = replica.Incarnation, Shows = replica.Knowledge.Shows(), States = states };
        replica.Counters.BytesOfState += states.Length;
        replica.Out.Send(from.Node, repair);
    }

    private bool IsQuiet => replica.Journal.IsAllDurable && replica.Knowledge.IsCausal && !replica.Pulls.NeedsWhole;

    private void Postpone(long now) => _dueAt = now + (replica.Options.CompareTicks * MultiLeaderOptions.TickNanoseconds);

    private Compare Write(int within, bool isAnswer)
    {
        var digests = new ulong[Compare.Parts];
        for (var i = 0; i < digests.Length; i++)
            digests[i] = within < 0
                ? replica.Machine.DigestOf(Level, i) : replica.Machine.DigestOf(2 * Level, (within * Compare.Parts) + i);
        return new Compare
        {
            Incarnation = replica.Incarnation,
            Within = within,
            IsAnswer = isAnswer,
            Seen = replica.Machine.Seen,
            Digests = digests,
        };
    }

    private bool TryWriteDiffering(Compare message, out ReadOnlyMemory<byte> states)
    {
        var all = new ArrayBufferWriter<byte>();
        var one = new ArrayBufferWriter<byte>();
        var differs = false;
        for (var i = 0; i < Compare.Parts; i++)
        {
            var part = (message.Within * Compare.Parts) + i;
            if (replica.Machine.DigestOf(2 * Level, part) == message.Digests[i]) continue;
            differs = true;
            // As ranges, because what the other holds and this one does not is a difference, too.
            var from = (ulong)part << (64 - (2 * Level));
            bool more;
            do
            {
                one.ResetWrittenCount();
                more = replica.Machine.WriteStates(ref from, 1, one);
                Packing.WriteBytes(all, one.WrittenSpan);
            }
            while (more && (int)(from >> (64 - (2 * Level))) == part && all.WrittenCount < replica.Options.MaxBatchBytes);
        }

        states = all.WrittenMemory;
        return differs;
    }
}
