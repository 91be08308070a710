using Quorate.Replication;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// The network between nodes: per direction a delay distribution, loss, duplication, reordering, corruption, and cuts.
/// A production connection keeps its order, but connections break and come back, so messages may overtake one another.
/// </summary>
internal sealed class SimNetwork
{
    private readonly World _world;
    private readonly Prng _prng;
    private readonly Link[,] _links;
    private readonly Action<NodeId, NodeId, byte[], bool> _deliver;

    /// <param name="world">The world it is in.</param>
    /// <param name="prng">Dice of its own.</param>
    /// <param name="nodes">Ids are 1 to this.</param>
    /// <param name="deliver">Takes (from, to, frame, corrupted) when a message arrives.</param>
    public SimNetwork(World world, Prng prng, int nodes, Action<NodeId, NodeId, byte[], bool> deliver)
    {
        (_world, _prng, _deliver) = (world, prng, deliver);
        _links = new Link[nodes + 1, nodes + 1];
        for (var a = 1; a <= nodes; a++)
            for (var b = 1; b <= nodes; b++)
                _links[a, b] = new Link { MinDelay = 200 * World.Microsecond, Spread = 300 * World.Microsecond };
    }

    public long Delivered { get; private set; }

    public Link this[NodeId from, NodeId to] => _links[from.Value, to.Value];

    /// <summary>Calls <paramref name="change"/> with every direction between different nodes.</summary>
    public void ForEach(Action<NodeId, NodeId, Link> change)
    {
        for (var a = 1; a < _links.GetLength(0); a++)
            for (var b = 1; b < _links.GetLength(1); b++)
                if (a != b) change(new NodeId(a), new NodeId(b), _links[a, b]);
    }

    /// <summary>Sends one frame; the array is the network's from now on.</summary>
    public void Send(NodeId from, NodeId to, byte[] frame)
    {
        var link = this[from, to];
        if (link.IsCut)
        {
            if (link.Holds && link.Held.Count < 1000)
            {
                link.Held.Add(frame);
                _world.Faults.Add(FaultKind.HeldMessage);
            }
            else _world.Faults.Add(FaultKind.LostMessage);

            return;
        }

        if (_prng.Chance(link.LossPerMille))
        {
            _world.Faults.Add(FaultKind.LostMessage);
            return;
        }

        if (_prng.Chance(link.DuplicationPerMille))
        {
            _world.Faults.Add(FaultKind.DuplicatedMessage);
            Transmit(from, to, link, frame, overtakes: true, extra: _prng.Below(500 * World.Millisecond));
        }

        var reorders = _prng.Chance(link.ReorderPerMille);
        if (reorders) _world.Faults.Add(FaultKind.ReorderedMessage);
        Transmit(from, to, link, frame, reorders, extra: reorders ? _prng.Below(50 * World.Millisecond) : 0);
    }

    public void Cut(NodeId from, NodeId to, bool holds)
    {
        var link = this[from, to];
        link.Cuts++;
        link.Holds = holds;
    }

    /// <summary>Ends one cut of a direction; with the last one, what waited in it comes through.</summary>
    public void Heal(NodeId from, NodeId to)
    {
        var link = this[from, to];
        if (link.Cuts > 0) link.Cuts--;
        if (link.Cuts > 0) return;
        foreach (var frame in link.Held) Transmit(from, to, link, frame, overtakes: false, extra: 0);
        link.Held.Clear();
    }

    /// <summary>Ends all cuts and makes every direction fast and faithful again.</summary>
    public void HealAll() => ForEach((from, to, link) =>
    {
        link.Cuts = Math.Min(link.Cuts, 1);
        (link.LossPerMille, link.DuplicationPerMille, link.ReorderPerMille, link.CorruptionPerMille) = (0, 0, 0, 0);
        (link.MinDelay, link.Spread) = (200 * World.Microsecond, 300 * World.Microsecond);
        Heal(from, to);
    });

    private void Transmit(NodeId from, NodeId to, Link link, byte[] frame, bool overtakes, long extra)
    {
        var corrupts = _prng.Chance(link.CorruptionPerMille);
        if (corrupts)
        {
            frame = (byte[])frame.Clone();
            frame[_prng.Below(frame.Length)] ^= (byte)(1 + _prng.Below(255));
            _world.Faults.Add(FaultKind.CorruptedMessage);
        }

        var delay = link.MinDelay + _prng.Below(link.Spread + 1) + extra;
        if (_prng.Chance(20)) delay += _prng.Below(link.Spread * 10 + 1);
        var arrival = _world.Now + delay;
        if (!overtakes) link.LastArrival = arrival = Math.Max(arrival, link.LastArrival);
        _world.After(arrival - _world.Now, () =>
        {
            Delivered++;
            _deliver(from, to, frame, corrupts);
        });
    }
}
