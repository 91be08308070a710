namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Keys whose state here is not durable yet: an answer about them waits for the journal, because a restart could take back
/// what it shows. The table is fixed; keys whose hashes share their low bits are told apart no more, which costs a wait.
/// </summary>
internal sealed class UndurableKeys
{
    private const int Slots = 4096;
    private readonly long[] _ends = new long[Slots];
    private long _all;
    private long _any;

    /// <summary>The key, or any (0), was changed by what is in the log before <paramref name="logEnd"/>.</summary>
    public void Mark(ulong keyHash, long logEnd)
    {
        _any = logEnd;
        if (keyHash == 0) _all = logEnd;
        else _ends[keyHash & (Slots - 1)] = logEnd;
    }

    /// <param name="durableEnd">The log before it is durable.</param>
    public bool Contains(ulong keyHash, long durableEnd) =>
        keyHash == 0 ? _any > durableEnd : Math.Max(_all, _ends[keyHash & (Slots - 1)]) > durableEnd;
}
