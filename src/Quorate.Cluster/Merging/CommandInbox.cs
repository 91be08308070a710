using System.Buffers.Binary;
using Quorate.Cluster.Forwarding;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary>
/// Executes what nodes without a replica send here: each command once at most, in the order of its sender. What arrives behind
/// something later is not executed, so a client's pipeline never overtakes itself. What was executed is remembered for as long as
/// the node runs, so commands name the life in which they may be executed: what was sent to an earlier one, and comes late, is
/// not.
/// </summary>
internal sealed class CommandInbox(MergingOutgoing outgoing, long life)
{
    private readonly Dictionary<NodeId, (long Session, long Last)> _accepted = [];
    private ArgRange[] _ranges = new ArgRange[16];
    private IForwardingGroup _group = null!; // the first object that stands for the group moves it to itself

    /// <summary>Another object stands for the same group on this node.</summary>
    public void MoveTo(IForwardingGroup group) => _group = group;

    /// <summary>False: the message makes no sense.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests message, StepTime now)
    {
        if (message.LowestOutstanding != life)
        {
            _group.Hosting.Send(origin, new ForwardLife { Life = life });
            return true;
        }

        var bytes = message.Commands;
        var (session, last) = _accepted.GetValueOrDefault(origin);
        if (message.Session < session) return true; // from an earlier life of that node, whose clients are gone
        if (message.Session > session) last = 0;
        for (var i = 0; i < message.Count; i++)
        {
            if (bytes.Length < 4) return false;
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - 4) return false;
            var sequence = message.FirstSequence + i;
            if (sequence > last)
            {
                last = sequence;
                _accepted[origin] = (message.Session, last);
                if (length > 0 && !Take(origin, message.Session, sequence, bytes.Span.Slice(4, length), now)) return false;
            }

            bytes = bytes[(4 + length)..];
        }

        return true;
    }

    private bool Take(NodeId origin, long session, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        var command = QuorumPrefix.TakeOff(entry, out _, out _);
        if (!EntryCodec.TryRead(command, ref _ranges, out var header, out var args) || header.Kind != KeyspaceEntryKind.Command)
            return false;
        if (outgoing.Serves) outgoing.Here!.Take(origin, session, sequence, args, entry, now);
        else outgoing.Answers.Reply(origin, session, sequence, default, Replies.NoReplicaHere);
        return true;
    }
}
