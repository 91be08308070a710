using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>What came out of digests and voted reads on this replica, until the end of the turn, when it is sent to whoever
/// asked. A ballot may be lost: then this replica has not voted.</summary>
internal sealed class BallotBox(IVotingGroup group)
{
    /// <summary>Longer replies go as their hash alone, unless the whole is asked for.</summary>
    public const int LongestWhole = 1024;

    /// <summary>A replica that catches up executes old entries by the thousand, and no poll waits for their ballots any
    /// more.</summary>
    private const int MostBytes = 4 << 20;

    private readonly List<Pending> _pending = []; // by the time they first asked: walked at the end of every turn

    public static ulong ValueOf(in EntryHeader entry, ReadOnlySpan<byte> result) =>
        entry.Kind == KeyspaceEntryKind.Digest ? BinaryPrimitives.ReadUInt64LittleEndian(result) : Hash.Of(result);

    public void Put(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result)
    {
        var isWhole = entry.Kind == KeyspaceEntryKind.VotedRead
            && (result.Length <= LongestWhole || entry.LowestOutstanding == 1);
        var bytes = BytesFor(entry.Session);
        if (bytes.Length > MostBytes) return;
        var span = bytes.Reserve(Ballots.HeaderLength + (isWhole ? result.Length : 0));
        BinaryPrimitives.WriteInt64LittleEndian(span, entry.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], ValueOf(entry, result));
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], isWhole ? result.Length : -1);
        if (isWhole) result.CopyTo(span[Ballots.HeaderLength..]);
        bytes.Advance(Ballots.HeaderLength + (isWhole ? result.Length : 0));
        group.Hosting.NeedsTurnEnd();
    }

    public void Flush()
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (asker, bytes) = _pending[i];
            if (bytes.Length == 0)
            {
                _pending.RemoveAt(i); // silent for a whole turn: perhaps a life that is over
                continue;
            }

            group.Hosting.Send(Lives.NodeOf(asker), new Ballots { Asker = asker, Items = bytes.Memory });
            bytes.Clear();
        }
    }

    private ByteQueue BytesFor(long asker)
    {
        foreach (var pending in _pending)
            if (pending.Asker == asker) return pending.Bytes;
        var added = new Pending(asker, new ByteQueue());
        _pending.Add(added);
        return added.Bytes;
    }

    private readonly record struct Pending(long Asker, ByteQueue Bytes);
}
