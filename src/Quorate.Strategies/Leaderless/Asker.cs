using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Waits for the end of a request: a client of this node, a member that passed it on, or a command of which it is a
/// part.</summary>
internal readonly record struct Asker
{
    public RequestId Request { get; init; }

    public NodeId Node { get; init; }

    public long Number { get; init; }

    /// <summary>Of the member that passed it on, when it did.</summary>
    public long Incarnation { get; init; }

    public Gathering? Whole { get; init; }

    public int Part { get; init; }
}

/// <summary>A command about several partitions, until all its parts are answered.</summary>
internal sealed class Gathering(Asker asker, byte[] payload, bool isWrite, IReadOnlyList<CommandPart> parts)
{
    private readonly byte[][] _replies = new byte[parts.Count][];
    private int _left = parts.Count;
    private int _refused;
    private string? _why;
    private bool _isUnknown;

    public Asker Asker { get; } = asker;

    public byte[] Payload { get; } = payload;

    public IReadOnlyList<CommandPart> Parts { get; } = parts;

    public IReadOnlyList<byte[]> Replies => _replies;

    /// <summary>True when this was the last part: <see cref="Outcome"/> is the whole's.</summary>
    public bool Add(int part, in Outcome outcome, ReadOnlySpan<byte> reply)
    {
        _replies[part] = reply.ToArray();
        if (outcome.Kind != OutcomeKind.Done)
        {
            _why ??= outcome.Why;
            if (outcome.Kind == OutcomeKind.Unavailable) _refused++;
            else _isUnknown = true;
        }

        return --_left == 0;
    }

    /// <summary>Certainly not executed: no part was, or none could change anything.</summary>
    public Outcome Outcome =>
        _why is null ? Outcome.Done
        : !isWrite || (!_isUnknown && _refused == Parts.Count) ? Outcome.Unavailable(_why)
        : Outcome.Unknown($"some of the keys: {_why}");
}
