namespace Quorate.Cluster;

/// <summary>Sentences for the log: alarms that an operator should act on (replicas that differ), and notices of what the control
/// leader did. The host takes them; of those that it does not take the oldest go.</summary>
public sealed class AlarmQueue
{
    private const int Most = 256;

    private readonly Queue<string> _alarms = new();
    private readonly Queue<string> _notices = new();

    /// <summary>Alarms since the node was started.</summary>
    public long Raised { get; private set; }

    public bool TryTake(out string? alarm) => _alarms.TryDequeue(out alarm);

    public bool TryTakeNotice(out string? notice) => _notices.TryDequeue(out notice);

    internal void Raise(string alarm)
    {
        Raised++;
        Put(_alarms, alarm);
    }

    internal void Note(string notice) => Put(_notices, notice);

    private static void Put(Queue<string> queue, string sentence)
    {
        queue.Enqueue(sentence);
        if (queue.Count > Most) queue.Dequeue();
    }
}
