using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Members since an epoch.</summary>
internal sealed record Generation(Epoch Epoch, NodeId[] Members);

/// <summary>
/// Who holds what. When members change, the older generations of members stay until what they held has moved: every
/// write and every read then needs its quorum in each of them. Two nodes that know different newest generations have one in
/// common, or one of them is refused by so many that it gets no quorum at all (see <see cref="Leaderless"/>).
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

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Generation> Generations => _generations;

    /// <summary>When the members last changed; messages of older ones are refused.</summary>
    public Epoch Epoch => _generations.Count == 0 ? default : _generations[^1].Epoch;

    public IReadOnlyList<NodeId> Members => _generations.Count == 0 ? [] : _generations[^1].Members;

    /// <summary>Everybody that may hold something or pass something on, in order.</summary>
    public NodeId[] Everybody { get; private set; } = [];

    public Holders? HoldersOf(int partition) => _holders[partition];

    /// <summary>False: it is not newer, names nobody, or too much is moving already.</summary>
    public bool TryAccept(GroupConfiguration configuration)
    {
        if (configuration.Epoch <= (Accepted?.Epoch ?? default) || configuration.InSync.Count is 0 or > MostMembers) return false;
        var members = configuration.InSync.Distinct().Order().ToArray();
        var isChange = !members.SequenceEqual(Members);
        if (isChange && _generations.Count == MostGenerations) return false;
        Accepted = configuration;
        _learners = [.. configuration.Learners];
        if (isChange) _generations.Add(new Generation(configuration.Epoch, members));
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
        Packing.WriteNatural(output, Accepted?.Epoch.Value ?? 0);
        WriteNodes(output, Accepted?.InSync ?? []);
        WriteNodes(output, Accepted?.Learners ?? []);
        Packing.WriteNumber(output, (ulong)_generations.Count);
        foreach (var generation in _generations)
        {
            Packing.WriteNatural(output, generation.Epoch.Value);
            WriteNodes(output, generation.Members);
        }
    }

    public bool TryDecode(ref PackedReader reader)
    {
        _generations.Clear();
        if (!reader.TryNatural(out var epoch) || !TryReadNodes(ref reader, out var inSync) || !TryReadNodes(ref reader, out var learners)
            || !reader.TryCount(2, out var count) || count > MostGenerations) return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNatural(out var since) || !TryReadNodes(ref reader, out var members) || members.Length == 0) return false;
            _generations.Add(new Generation(new Epoch(since), members));
        }

        if (epoch > 0 != count > 0) return false;
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
