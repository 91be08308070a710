using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>What this replica knows of another member.</summary>
internal sealed class Peer(NodeId node, LeaderlessReplica replica)
{
    public NodeId Node { get; } = node;

    /// <summary>When it last said something, in ticks of this replica; long ago before the first time.</summary>
    public long HeardAt { get; private set; } = long.MinValue / 2;

    /// <summary>0 before the first ping.</summary>
    public long Incarnation { get; private set; }

    public Epoch Epoch { get; private set; }

    /// <summary>Hints that it keeps for others; unknown before the first ping.</summary>
    public long? Hints { get; private set; }

    /// <summary>What it has accepted, and the lists of members that count for it.</summary>
    public Epoch Accepted { get; private set; }

    public bool KnowsPast { get; private set; }

    public List<Generation> Past { get; } = [];

    private byte[] _held = [];
    private byte[] _complete = [];

    /// <summary>Updates on their way to it.</summary>
    public Outbox Outbox { get; } = new(replica, node);

    /// <summary>Requests passed on by it, so that none is executed twice.</summary>
    public Arrivals Arrivals { get; } = new();

    public void Heard(long tick) => HeardAt = tick;

    public bool IsUp(long tick, int silenceTicks) => Incarnation > 0 && tick - HeardAt <= silenceTicks;

    public void OnPing(Ping ping)
    {
        var past = new PackedReader(ping.Generations.Span);
        if (ping.Incarnation < Incarnation || !Placement.TryDecodeGenerations(ref past, Past)) return;
        (Accepted, KnowsPast) = (ping.Accepted, ping.KnowsPast);
        Incarnation = ping.Incarnation;
        Epoch = ping.Epoch;
        Hints = ping.Hints;
        _held = ping.Held.ToArray();
        _complete = ping.Complete.ToArray();
    }

    public bool Holds(int partition) => HasBit(_held, partition);

    public bool IsComplete(int partition, Epoch epoch) => Epoch == epoch && HasBit(_complete, partition);

    private static bool HasBit(byte[] bits, int i) => i / 8 < bits.Length && (bits[i / 8] >> (i % 8) & 1) != 0;
}

/// <summary>Numbers of requests that arrived from one start of one node: each is new once. Those below the window count as
/// known.</summary>
internal sealed class Arrivals
{
    private const int Window = 8192;

    private readonly ulong[] _bits = new ulong[Window / 64];
    private long _incarnation;
    private long _highest;

    public bool TryAdd(long incarnation, long number)
    {
        if (incarnation < _incarnation || number <= 0) return false;
        if (incarnation > _incarnation)
        {
            (_incarnation, _highest) = (incarnation, 0);
            Array.Clear(_bits);
        }

        if (number <= _highest - Window) return false;
        if (number > _highest)
        {
            if (number - _highest >= Window) Array.Clear(_bits);
            else for (var n = _highest + 1; n < number; n++) Set(n, false);
            _highest = number;
            Set(number, true);
            return true;
        }

        if ((_bits[number % Window / 64] >> (int)(number % 64) & 1) != 0) return false;
        Set(number, true);
        return true;
    }

    private void Set(long number, bool value)
    {
        ref var word = ref _bits[number % Window / 64];
        var bit = 1UL << (int)(number % 64);
        word = value ? word | bit : word & ~bit;
    }
}
