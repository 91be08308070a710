using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>Requests for one key that are served together: their functions are applied one after the other, and what comes
/// out is proposed as one change.</summary>
internal sealed class Batch
{
    internal readonly record struct Entry(RequestId Id, Whole? Whole, int Part, int Start, int Length, bool IsRead);

    private readonly List<Entry> _entries = [];
    private readonly ArrayBufferWriter<byte> _payloads = new();

    public int Count => _entries.Count;

    public bool IsEmpty => _entries.Count == 0;

    /// <summary>It contains no change.</summary>
    public bool IsReadsOnly { get; private set; } = true;

    public Entry this[int i] => _entries[i];

    public ReadOnlySpan<byte> PayloadOf(in Entry entry) => _payloads.WrittenSpan.Slice(entry.Start, entry.Length);

    /// <param name="whole">Of what the request is a part, or null.</param>
    public void Add(RequestId id, Whole? whole, int part, ReadOnlySpan<byte> payload, bool isRead)
    {
        _entries.Add(new Entry(id, whole, part, _payloads.WrittenCount, payload.Length, isRead));
        _payloads.Write(payload);
        IsReadsOnly &= isRead;
    }

    public void Clear()
    {
        _entries.Clear();
        _payloads.ResetWrittenCount();
        IsReadsOnly = true;
    }
}

/// <summary>One proposal of a batch: what it answers if it is the one that gets chosen.</summary>
internal sealed class Attempt
{
    private readonly ArrayBufferWriter<byte> _replies = new();
    private readonly List<int> _ends = [];

    public Ballot Ballot { get; set; }

    /// <summary>It made something else of the value it was built upon.</summary>
    public bool IsChange { get; private set; }

    public ReadOnlySpan<byte> ReplyOf(int i)
    {
        var start = i == 0 ? 0 : _ends[i - 1];
        return _replies.WrittenSpan[start.._ends[i]];
    }

    /// <summary>Applies the functions of a batch to <paramref name="state"/>, one after the other.</summary>
    /// <returns>The last state, in one of the two buffers or as it was.</returns>
    public ReadOnlySpan<byte> Evaluate(
        Batch batch,
        IRegisterMachine machine, ReadOnlySpan<byte> state, StepTime now, ArrayBufferWriter<byte> one,
        ArrayBufferWriter<byte> other)
    {
        _replies.ResetWrittenCount();
        _ends.Clear();
        IsChange = false;
        for (var i = 0; i < batch.Count; i++)
        {
            var entry = batch[i];
            one.ResetWrittenCount();
            if (machine.Change(batch.PayloadOf(entry), state, now, _replies, one) == ChangeKind.Changed)
            {
                IsChange = true;
                state = one.WrittenSpan;
                (one, other) = (other, one);
            }

            _ends.Add(_replies.WrittenCount);
        }

        return state;
    }
}

/// <summary>A request about several keys that promises nothing about all of them together; each part goes its own way.</summary>
internal sealed class Whole(RequestId id, byte[] payload, int parts, bool isRead)
{
    private readonly byte[][] _replies = new byte[parts][];
    private int _left = parts;
    private int _done;
    private bool _isUnknown;
    private string? _why;

    /// <summary>One part has ended; when it was the last, so has the whole.</summary>
    public void End(int part, in Outcome outcome, ReadOnlySpan<byte> reply, CasPaxosReplica replica)
    {
        if (outcome.Kind == OutcomeKind.Done)
        {
            _done++;
            _replies[part] = reply.ToArray();
        }
        else
        {
            _isUnknown |= outcome.Kind == OutcomeKind.Unknown;
            _why = outcome.Why;
        }

        if (--_left > 0) return;
        if (_why is null)
        {
            var joined = new ArrayBufferWriter<byte>();
            replica.Machine.Join(payload, _replies, joined);
            replica.Machine.Keep(id, joined.WrittenSpan);
            replica.Out.Reply(id, Outcome.Done);
        }
        else if (_isUnknown || (_done > 0 && !isRead)) replica.Out.Reply(id, Outcome.Unknown(_why));
        else replica.Out.Reply(id, Outcome.Unavailable(_why));
    }
}
