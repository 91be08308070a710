using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>Takes in what other members send: updates to be made durable, hints to be kept, questions about keys.</summary>
internal sealed class Receiver(LeaderlessReplica replica)
{
    private readonly List<(NodeId To, Stored Answer)> _answers = [];

    public void OnStore(NodeId from, Store message)
    {
        // A sender that knows an older list of members may count on holders that are none any more.
        var isOld = message.Epoch < replica.Placement.Epoch;
        var refused = new List<int>();
        var reader = new MessageReader(message.Entries);
        var ahead = reader;
        var foreseen = 0;
        for (var i = 0; i < message.Count
            && Store.TryReadEntry(ref reader, out var partition, out var hintFor, out var bytes); i++)
        {
            if (i == foreseen) foreseen = Foresee(ref ahead, i);
            var taken = !isOld && partition < replica.Options.Partitions
                && (hintFor.IsNone ? TryTakeIn(partition, bytes.Span) : replica.Hints.TryTake(hintFor, partition, bytes.Span));
            if (!taken) refused.Add(i);
        }

        _answers.Add((from, new Stored { Incarnation = message.Incarnation, Batch = message.Batch, Refused = [.. refused] }));
    }

    public void OnQuery(NodeId from, Query message)
    {
        if (message.Epoch < replica.Placement.Epoch || message.Partition >= replica.Options.Partitions) return;
        if (replica.Partitions[message.Partition] is not { IsHeld: true } partition) return;
        var versions = new ulong[message.Keys.Length];
        var states = new ReadOnlyMemory<byte>[message.Keys.Length];
        for (var i = 0; i < versions.Length; i++)
        {
            versions[i] = partition.VersionOf(message.Keys[i], message.IsExact);
            if (versions[i] != message.Versions[i]) states[i] = partition.StateOf(message.Keys[i]).ToArray();
        }

        replica.Post(
            from, partition,
            new State
            {
                Operation = message.Operation,
                IsComplete = replica.IsComplete(partition),
                IsNew = partition.IsNew && replica.Placement.KnowsPast,
                Versions = versions,
                States = states,
            });
    }

    /// <summary>The end of the turn: all that was taken in is in one record, or several; the answers wait for the last.</summary>
    public void Send()
    {
        if (_answers.Count == 0) return;
        var after = replica.Journal.Last > replica.Journal.PlacePoint ? replica.Journal.Last : replica.Journal.PlacePoint;
        foreach (var (to, answer) in _answers) replica.Out.Send(to, answer, after > replica.Journal.Durable ? after : default);
        _answers.Clear();
    }

    /// <summary>Tells the machines what comes next; up to where.</summary>
    private int Foresee(ref MessageReader reader, int from)
    {
        var i = from;
        for (; i < from + IStateMachine.ForesightWindow
            && Store.TryReadEntry(ref reader, out var partition, out var hintFor, out var bytes); i++)
            if (hintFor.IsNone && partition < replica.Options.Partitions)
                replica.Partitions[partition]?.Machine.Foresee(bytes.Span);
        return i;
    }

    private bool TryTakeIn(int index, ReadOnlySpan<byte> bytes) =>
        replica.Partitions[index] is { IsHeld: true } partition && replica.TryTakeIn(partition, bytes);
}
