using System.Numerics;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// The acceptors of keys: of the members those whose hash together with the key's is highest (rendezvous hashing), so that
/// every member finds the same ones without asking, and each has its share. Immutable.
/// </summary>
internal sealed class AcceptorSet
{
    private readonly NodeId[] _members;
    private readonly int _perKey;
    private readonly Dictionary<ulong, NodeId[]> _known = [];

    /// <param name="members">All members; which of them may vote is not decided here.</param>
    public AcceptorSet(IEnumerable<NodeId> members, int acceptors)
    {
        _members = [.. members.Order()];
        _perKey = Math.Min(acceptors, _members.Length);
    }

    /// <summary>How many acceptors a key has: the paper's 2F+1.</summary>
    public int PerKey => _perKey;

    /// <summary>The paper's F+1.</summary>
    public int Majority => (_perKey / 2) + 1;

    /// <summary>So many members' registers, others than one's own, hold everything that was ever chosen with one's own
    /// help.</summary>
    public int SeedsNeeded => _members.Length - Majority + 1;

    public IReadOnlyList<NodeId> Members => _members;

    /// <summary>The acceptors of a key, best first. Shared: not to be changed.</summary>
    public NodeId[] Of(ulong keyHash)
    {
        if (_perKey == _members.Length) return _members;
        Span<ulong> scores = stackalloc ulong[_members.Length];
        for (var i = 0; i < scores.Length; i++) scores[i] = Score(keyHash, _members[i]);
        ulong chosen = 0;
        ulong name = 0;
        for (var n = 0; n < _perKey; n++)
        {
            var best = -1;
            for (var i = 0; i < scores.Length; i++)
                if ((chosen & (1UL << i)) == 0 && (best < 0 || scores[i] > scores[best])) best = i;
            chosen |= 1UL << best;
            name = (name * 65) + (ulong)best + 1;
        }

        // As many arrays as there are orders of acceptors, not as many as there are keys.
        if (_known.TryGetValue(name, out var known) && Mask(known) == chosen) return known;
        var acceptors = Choose(scores, chosen);
        if (_known.Count < 4096) _known[name] = acceptors;
        return acceptors;
    }

    private NodeId[] Choose(ReadOnlySpan<ulong> scores, ulong chosen)
    {
        var acceptors = new List<(ulong Score, NodeId Node)>();
        for (var i = 0; i < scores.Length; i++) if ((chosen & (1UL << i)) != 0) acceptors.Add((scores[i], _members[i]));
        return [.. acceptors.OrderByDescending(a => a.Score).Select(a => a.Node)];
    }

    private ulong Mask(NodeId[] acceptors)
    {
        ulong mask = 0;
        foreach (var node in acceptors) mask |= 1UL << Array.IndexOf(_members, node);
        return mask;
    }

    private static ulong Score(ulong keyHash, NodeId node)
    {
        var high = Math.BigMul(
            keyHash ^ 0xA0761D6478BD642F, ((ulong)node.Value * 0x9E3779B97F4A7C15) ^ BitOperations.RotateLeft(keyHash, 32),
            out ulong low);
        return high ^ low;
    }
}
