using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>Writes a past into a node's journal, so that a test can begin in the middle of a figure of the paper.</summary>
internal static class Journals
{
    /// <summary>A log whose entries have these terms; the command of entry i of term t is "t.i".</summary>
    public static void Write(TestNode node, long term, params long[] entryTerms) =>
        WriteWithVote(node, term, NodeId.None, entryTerms);

    public static void WriteWithVote(TestNode node, long term, NodeId votedFor, params long[] entryTerms)
    {
        var state = new byte[13];
        state[0] = (byte)RecordKind.HardState;
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(1), term);
        BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(9), votedFor.Value);
        node.Disk.Append(state);
        if (entryTerms.Length > 0)
        {
            var record = new byte[17];
            record[0] = (byte)RecordKind.Entries;
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1), 1);
            node.Disk.Append([.. record, .. Frames(1, entryTerms)]);
        }

        node.Disk.Sync();
    }

    public static byte[] Frames(long first, params long[] entryTerms)
    {
        var log = new FrameLog<Term>();
        for (var i = 0; i < entryTerms.Length; i++)
        {
            log.Append(new Term(entryTerms[i]), EntryKind.Command, Encoding.UTF8.GetBytes($"{entryTerms[i]}.{first + i}"));
        }

        return log.Frames(new LogIndex(1), long.MaxValue, out _).ToArray();
    }

    public static List<long> Terms(TestNode node)
    {
        var log = node.Raft().Log;
        var terms = new List<long>();
        for (var i = log.FirstIndex; i <= log.LastIndex; i = i.Next) terms.Add(log.StampAt(i).Value);
        return terms;
    }
}
