using System.Numerics;

namespace Quorate.Replication.Ordered;

/// <summary>
/// What the entries of an ordered log are stamped with: the <see cref="Term"/> or the <see cref="Epoch"/> of the leader that
/// made them. Stamps never fall along a log, and a leader gives an index once, so stamp and index together name an entry. The
/// two stay types of their own, so that a term in place of an epoch does not compile; what does not care which it is takes
/// <typeparamref name="TSelf"/>, and the compiler makes one version of it for each.
/// </summary>
/// <typeparam name="TSelf">The stamp itself. Its default is the stamp of "before the first entry".</typeparam>
public interface IStamp<TSelf> : IComparisonOperators<TSelf, TSelf, bool>
    where TSelf : struct, IStamp<TSelf>
{
    /// <summary>0 and up.</summary>
    long Value { get; }

    /// <summary>The stamp of that <see cref="Value"/>.</summary>
    static abstract TSelf Of(long value);
}
