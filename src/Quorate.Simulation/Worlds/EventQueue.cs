namespace Quorate.Simulation.Worlds;

/// <summary>What is to happen, ordered by virtual time; what falls on the same instant keeps the order it was scheduled
/// in.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, Moment> _queue = new();
    private long _sequence;

    public int Count => _queue.Count;

    public void Add(long time, Action happen) => _queue.Enqueue(happen, new Moment(time, ++_sequence));

    /// <summary>Takes the next one, if it is due by <paramref name="until"/>.</summary>
    public bool TryTake(long until, out Action happen, out long time)
    {
        var due = _queue.TryPeek(out happen!, out var moment) && moment.Time <= until;
        time = moment.Time;
        if (due) _queue.Dequeue();
        return due;
    }

    private readonly record struct Moment(long Time, long Sequence) : IComparable<Moment>
    {
        public int CompareTo(Moment other) =>
            Time != other.Time ? Time.CompareTo(other.Time) : Sequence.CompareTo(other.Sequence);
    }
}
