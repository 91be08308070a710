using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Brings a request to a holder of its keys: here, or another member, which then coordinates it. A passed request is sent once
/// and carries a number, so it is executed at most once; what is not heard of again is unknown.
/// </summary>
internal sealed class Requests(LeaderlessReplica replica)
{
    private const int MostTries = 3;

    private readonly Dictionary<(NodeId To, long Number), Passed> _passed = [];
    private readonly Dictionary<NodeId, long> _numbers = [];
    private readonly Queue<Passed> _byAge = [];
    private readonly ArrayBufferWriter<byte> _reply = new();

    private sealed class Passed
    {
        public required Asker Asker { get; init; }

        public required NodeId To { get; init; }

        public required long Number { get; init; }

        public required int Partition { get; init; }

        public required bool IsWrite { get; init; }

        public required byte[] Payload { get; init; }

        public required long Begun { get; init; }

        public required long ToIncarnation { get; init; }

        public required int Tries { get; init; }
    }

    public int Count => _passed.Count;

    /// <summary>A request from a client of this node.</summary>
    public void Begin(Asker asker, ReadOnlySpan<byte> payload)
    {
        if (replica.Placement.Accepted is null)
        {
            replica.Answer(asker, Outcome.Unavailable("the members of the keyspace are not known yet"), default, null);
            return;
        }

        if (_passed.Count + replica.Coordinator.Count >= replica.Options.MaxRequests)
        {
            replica.Statistics.Refused++;
            replica.Answer(asker, Outcome.Unavailable("too many requests wait"), default, null);
            return;
        }

        var command = QuorumPrefix.TakeOff(payload, out var r, out var w);
        // What is no command is answered with its error by whatever machine is asked.
        if (!replica.Keys.TryLook(command, replica.Options.Partitions, out var look))
            look = new CommandLook(CommandReach.OnePartition, 0, false);
        if (look.Reach == CommandReach.OnePartition)
        {
            BeginPart(asker, look.Partition, look.IsWrite, payload, 0);
            return;
        }

        var parts = replica.Keys.Split(command, replica.Options.Partitions);
        var whole = new Gathering(asker, command.ToArray(), look.IsWrite, parts);
        if (parts.Count == 0) FinishWhole(whole);
        for (var i = 0; i < parts.Count; i++)
            BeginPart(
                new Asker { Whole = whole, Part = i }, parts[i].Partition, look.IsWrite, WithPrefix(parts[i].Payload, r, w), 0);
    }

    /// <summary>A member passes a request on.</summary>
    public void OnCoordinate(NodeId from, Coordinate message)
    {
        if (message.ReceiverIncarnation != replica.Incarnation || message.Partition >= replica.Options.Partitions) return;
        if (replica.PeerOf(from)?.Arrivals.TryAdd(message.Incarnation, message.Number) != true) return;
        var asker = new Asker { Node = from, Number = message.Number, Incarnation = message.Incarnation };
        if (replica.Partitions[message.Partition] is not { IsHeld: true } partition || !replica.Placement.KnowsPast)
        {
            replica.Answer(
                asker, Outcome.Unavailable("this member does not hold the key, or does not know yet which members hold it"),
                default, null);
            return;
        }

        var command = QuorumPrefix.TakeOff(message.Payload.Span, out var r, out var w);
        replica.Coordinator.Begin(asker, partition, message.IsWrite, r, w, command);
    }

    public void OnCoordinateReply(NodeId from, CoordinateReply message)
    {
        if (message.Incarnation != replica.Incarnation || !_passed.Remove((from, message.Number), out var passed)) return;
        if (message.Outcome == OutcomeKind.Done) replica.Answer(passed.Asker, Outcome.Done, message.Reply.Span, null);
        else if (message.Outcome == OutcomeKind.Unknown)
            replica.Answer(passed.Asker, Outcome.Unknown(Encoding.UTF8.GetString(message.Reply.Span)), default, null);
        else TryAnother(passed, Encoding.UTF8.GetString(message.Reply.Span));
    }

    /// <summary>A part of a command is answered.</summary>
    public void OnPart(Gathering whole, int part, in Outcome outcome, ReadOnlySpan<byte> reply)
    {
        if (whole.Add(part, outcome, reply)) FinishWhole(whole);
    }

    public void OnTick()
    {
        while (_byAge.TryPeek(out var oldest))
        {
            var isOver = !_passed.ContainsKey((oldest.To, oldest.Number));
            if (!isOver && replica.Tick - oldest.Begun <= replica.Options.PatienceTicks + replica.Options.ResendTicks) break;
            _byAge.Dequeue();
            if (_passed.Remove((oldest.To, oldest.Number))) Lose(oldest);
        }

        if (replica.Tick % replica.Options.ResendTicks != 0) return;
        foreach (var passed in _byAge.ToList())
        {
            if (!_passed.ContainsKey((passed.To, passed.Number))) continue;
            // A holder that was restarted has forgotten it; one that is silent may never answer.
            var peer = replica.PeerOf(passed.To);
            if (peer is not null && peer.Incarnation == passed.ToIncarnation && replica.IsUp(passed.To)) continue;
            _passed.Remove((passed.To, passed.Number));
            Lose(passed);
        }
    }

    private void BeginPart(Asker asker, int partition, bool isWrite, ReadOnlySpan<byte> payload, int tries)
    {
        var here = replica.Partitions[partition] is { IsHeld: true } held && replica.Placement.KnowsPast ? held : null;
        if (here is { IsComplete: true } || (here is not null && ReceiverFor(partition, tries).IsNone))
        {
            var command = QuorumPrefix.TakeOff(payload, out var r, out var w);
            replica.Coordinator.Begin(asker, here, isWrite, r, w, command);
            return;
        }

        var to = ReceiverFor(partition, tries);
        if (to.IsNone)
        {
            replica.Statistics.Refused++;
            replica.Answer(asker, Outcome.Unavailable("no holder of the key is up"), default, null);
            return;
        }

        Pass(asker, to, partition, isWrite, payload, tries);
    }

    private void Pass(Asker asker, NodeId to, int partition, bool isWrite, ReadOnlySpan<byte> payload, int tries)
    {
        var number = _numbers.GetValueOrDefault(to) + 1;
        _numbers[to] = number;
        var peer = replica.PeerOf(to)!;
        var passed = new Passed
        {
            Asker = asker,
            To = to,
            Number = number,
            Partition = partition,
            IsWrite = isWrite,
            Payload = payload.ToArray(),
            Begun = replica.Tick,
            ToIncarnation = peer.Incarnation,
            Tries = tries,
        };
        _passed.Add((to, number), passed);
        _byAge.Enqueue(passed);
        replica.Statistics.Passed++;
        replica.Post(to, null, new Coordinate
        {
            Number = number,
            Incarnation = replica.Incarnation,
            ReceiverIncarnation = peer.Incarnation,
            Partition = partition,
            IsWrite = isWrite,
            Payload = passed.Payload,
        });
    }

    /// <summary>The first member of the preference list that is up and lacks nothing, or is up at all; later ones on later
    /// tries.</summary>
    private NodeId ReceiverFor(int partition, int tries)
    {
        var holders = replica.Placement.HoldersOf(partition)!;
        var skip = tries;
        foreach (var complete in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (var node in holders.Preference.Concat(holders.All))
            {
                if (node == replica.Self || !holders.Contains(node) || !replica.IsUp(node)) continue;
                var peer = replica.PeerOf(node)!;
                if (!peer.Holds(partition) || !peer.KnowsPast || peer.IsComplete(partition, replica.Placement.Epoch) != complete)
                    continue;
                if (skip-- == 0) return node;
            }
        }

        return default;
    }

    /// <summary>Certainly not executed there.</summary>
    private void TryAnother(Passed passed, string why)
    {
        if (passed.Tries + 1 < MostTries && !ReceiverFor(passed.Partition, passed.Tries + 1).IsNone)
            BeginPart(passed.Asker, passed.Partition, passed.IsWrite, passed.Payload, passed.Tries + 1);
        else replica.Answer(passed.Asker, Outcome.Unavailable(why), default, null);
    }

    /// <summary>It may have been executed there.</summary>
    private void Lose(Passed passed)
    {
        if (!passed.IsWrite)
        {
            TryAnother(passed, "the holder that was asked did not answer");
            return;
        }

        replica.Statistics.Unknown++;
        replica.Answer(passed.Asker, Outcome.Unknown("the holder that was asked did not answer"), default, null);
    }

    private void FinishWhole(Gathering whole)
    {
        _reply.ResetWrittenCount();
        var outcome = whole.Outcome;
        if (outcome.Kind == OutcomeKind.Done) replica.Keys.Join(whole.Payload, whole.Parts, whole.Replies, _reply);
        replica.Answer(whole.Asker, outcome, _reply.WrittenSpan, null);
    }

    private static byte[] WithPrefix(byte[] payload, int r, int w)
    {
        if (r == 0 && w == 0) return payload;
        var prefixed = new ArrayBufferWriter<byte>();
        QuorumPrefix.Write(prefixed, r, w);
        prefixed.Write(payload);
        return prefixed.WrittenSpan.ToArray();
    }
}
