namespace Quorate.Replication.Ordered;

/// <summary>Numbers the questions that a replica asks others. Questions of another life of the node are answered late, too, so
/// their numbers are not used again. One caller at a time.</summary>
/// <param name="incarnation">how often the node has been started, 1 and up, never the same twice</param>
public sealed class QuestionNumbers(long incarnation)
{
    private long _last = incarnation << 32;

    public long Next() => ++_last;
}
