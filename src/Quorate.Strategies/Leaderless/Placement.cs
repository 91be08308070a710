using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Members since an epoch.</summary>
internal sealed record Generation(Epoch Epoch, NodeId[] Members);

/// <summary>
/// Which members hold which partitions. When members change, the older generations of members stay until what they held has
/// moved: every write and every read then needs its quorum in each of them. Two nodes that know different newest generations have
/// one in common, or one of them is refused by so many that it gets no quorum at all (see <see cref="Leaderless"/>).
/// </summary>
internal sealed class Placement(int n, int partitions)
{
    /// <summary>Changes of members that may be under way at once; a further one waits.</summary>
    public const int MostGenerations = 6;

    private const int MostMembers = 256;

    private readonly Holders?[] _holders = new Holders?[partitions];
    private readonly Epoch[] _settled = new Epoch[partitions];
    private readonly List<Generation> _generations = [];
    private NodeId[] _learners = [];

    public GroupConfiguration? Accepted { get; private set; }

    /// <summary>The lists of members since what has settled are all known. False for a node that no member told of the first of
    /// them, or of one before the last: it takes part in nothing that counts before another member has told.</summary>
    public bool KnowsPast { get; private set; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Generation> Generations => _generations;

    /// <summary>When the members last changed; messages of older ones are refused.</summary>
    public Epoch Epoch => _generations.Count == 0 ? default : _generations[^1].Epoch;

    public IReadOnlyList<NodeId> Members => _generations.Count == 0 ? [] : _generations[^1].Members;

    /// <summary>Everybody that may hold something or pass something on, in order.</summary>
    public NodeId[] Everybody { get; private set; } = [];

    public Holders? HoldersOf(int partition) => _holders[partition];

    /// <summary>False: it is not newer, names no member, or too much is moving already.</summary>
    public bool TryAccept(GroupConfiguration configuration)
    {
        if (configuration.Epoch <= (Accepted?.Epoch ?? default) || configuration.InSync.Count is 0 or > MostMembers) return false;
        var members = configuration.InSync.Distinct().Order().ToArray();
        var isChange = !members.SequenceEqual(Members);
        if (isChange && _generations.Count == MostGenerations) return false;
        KnowsPast = configuration.Epoch.Value == 1 || (KnowsPast && configuration.Epoch == Accepted!.Epoch.Next);
        Accepted = configuration;
        _learners = [.. configuration.Learners];
        if (isChange) _generations.Add(new Generation(configuration.Epoch, members));
        Compute();
        return true;
    }

    /// <summary>What other members that have accepted the same know of the past: one that knows all of it; or all, none of
    /// whom was ever told of what may lie between. False: these are no lists that lead to the members known here.</summary>
    public bool Learn(IEnumerable<Generation> past)
    {
        var lists = past.DistinctBy(g => g.Epoch).OrderBy(g => g.Epoch).ToList();
        // When no member changed it is still the list of before.
        for (var i = lists.Count - 1; i > 0; i--)
            if (lists[i].Members.AsSpan().SequenceEqual(lists[i - 1].Members)) lists.RemoveAt(i);
        if (lists.Count is 0 or > MostGenerations || !lists[^1].Members.AsSpan().SequenceEqual(_generations[^1].Members))
            return false;
        _generations.Clear();
        _generations.AddRange(lists);
        KnowsPast = true;
        Compute();
        return true;
    }

    /// <summary>The partition has moved: its newest holders alone count.</summary>
    public void Settle(int partition)
    {
        if (_holders[partition] is not { IsMoving: true } moving) return;
        _settled[partition] = Epoch;
        _holders[partition] = new Holders([moving.Newest], moving.Preference);
    }

    /// <summary>Everything has moved: older generations are forgotten. False: something has not.</summary>
    public bool TryForgetOlder()
    {
        if (_generations.Count < 2 || Array.Exists(_holders, h => h!.IsMoving)) return false;
        _generations.RemoveRange(0, _generations.Count - 1);
        Compute();
        return true;
    }

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, KnowsPast ? (byte)1 : (byte)0);
        Packing.WriteNatural(output, Accepted?.Epoch.Value ?? 0);
        WriteNodes(output, Accepted?.InSync ?? []);
        WriteNodes(output, Accepted?.Learners ?? []);
        EncodeGenerations(output);
    }

    public void EncodeGenerations(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)_generations.Count);
        foreach (var generation in _generations)
        {
            Packing.WriteNatural(output, generation.Epoch.Value);
            WriteNodes(output, generation.Members);
        }
    }

    /// <summary>False: the bytes are no lists of members.</summary>
    public static bool TryDecodeGenerations(ref PackedReader reader, List<Generation> into)
    {
        into.Clear();
        if (!reader.TryCount(2, out var count) || count > MostGenerations) return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNatural(out var since) || !TryReadNodes(ref reader, out var members) || members.Length == 0)
                return false;
            if (i > 0 && since <= into[i - 1].Epoch.Value) return false;
            into.Add(new Generation(new Epoch(since), members));
        }

        return true;
    }

    public bool TryDecode(ref PackedReader reader)
    {
        if (!reader.TryByte(out var knowsPast)
            || knowsPast > 1 || !reader.TryNatural(out var epoch) || !TryReadNodes(ref reader, out var inSync)
            || !TryReadNodes(ref reader, out var learners) || !TryDecodeGenerations(ref reader, _generations)) return false;
        KnowsPast = knowsPast == 1;
        if (epoch > 0 != _generations.Count > 0) return false;
        Accepted = epoch == 0 ? null : new GroupConfiguration(new Epoch(epoch), NodeId.None, inSync, learners);
        _learners = learners;
        Compute();
        return true;
    }

    private void Compute()
    {
        Everybody = [.. _generations.SelectMany(g => g.Members).Concat(_learners).Distinct().Order()];
        if (_generations.Count == 0) return;
        for (var p = 0; p < _holders.Length; p++)
        {
            var sets = new List<NodeId[]>();
            foreach (var generation in _generations)
            {
                if (generation.Epoch < _settled[p]) continue;
                NodeId[] set = [.. PreferenceList.Of(p, generation.Members).Take(n).Order()];
                // A set that comes twice counts once; its last place is the one that matters.
                sets.RemoveAll(set.SequenceEqual);
                sets.Add(set);
            }

            _holders[p] = new Holders(sets, PreferenceList.Of(p, _generations[^1].Members));
        }
    }

    private static void WriteNodes(IBufferWriter<byte> output, IReadOnlyList<NodeId> nodes)
    {
        Packing.WriteNumber(output, (ulong)nodes.Count);
        foreach (var node in nodes) Packing.WriteNumber(output, (ulong)node.Value);
    }

    private static bool TryReadNodes(ref PackedReader reader, out NodeId[] nodes)
    {
        nodes = [];
        if (!reader.TryCount(1, out var count) || count > MostMembers) return false;
        nodes = new NodeId[count];
        for (var i = 0; i < count; i++) if (!reader.TryNode(out nodes[i])) return false;
        return true;
    }
}
