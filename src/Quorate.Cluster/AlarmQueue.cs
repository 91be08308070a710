namespace Quorate.Cluster;

/// <summary>Sentences for the log that somebody should read: replicas that differ, states that were replaced. The host takes
/// them; of those that nobody takes the oldest go.</summary>
public sealed class AlarmQueue
{
    private const int Most = 256;

    private readonly Queue<string> _sentences = new();

    /// <summary>Since the node was started.</summary>
    public long Raised { get; private set; }

    public bool TryTake(out string? sentence) => _sentences.TryDequeue(out sentence);

    internal void Raise(string sentence)
    {
        Raised++;
        _sentences.Enqueue(sentence);
        if (_sentences.Count > Most) _sentences.Dequeue();
    }
}
