using System.Numerics;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>Counts the answers of a key's acceptors in one phase. [CASPaxos §2.2] At most 64 acceptors.</summary>
internal struct Votes
{
    private ulong _for;
    private ulong _against;

    public readonly int For => BitOperations.PopCount(_for);

    public readonly int Against => BitOperations.PopCount(_against);

    public readonly bool HasAnswered(int acceptor) => ((_for | _against) & (1UL << acceptor)) != 0;

    /// <returns>False: it had answered before.</returns>
    public bool Add(int acceptor, bool isFor)
    {
        if (HasAnswered(acceptor)) return false;
        if (isFor) _for |= 1UL << acceptor;
        else _against |= 1UL << acceptor;
        return true;
    }

    public static int IndexOf(NodeId[] acceptors, NodeId node) => Array.IndexOf(acceptors, node);
}
