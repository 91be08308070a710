using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>What is done now and then: removes expired keys, and forgets what of removals every member has confirmed.</summary>
internal sealed class Upkeep(MultiLeaderReplica replica)
{
    private readonly ArrayBufferWriter<byte> _delta = new();

    public void Work()
    {
        if (replica.IsLeader)
        {
            _delta.ResetWrittenCount();
            if (replica.Machine.RemoveExpired(replica.Now, replica.Options.UpkeepKeys, _delta))
                replica.Knowledge.AddOwn(_delta.WrittenSpan);
        }

        replica.Machine.Collect(Stable(), replica.Options.UpkeepKeys);
    }

    /// <summary>For each node the update that every member, by the configuration, has told to have, and all before it.</summary>
    private VersionVector Stable()
    {
        var vectors = new List<VersionVector> { replica.Journal.DurableSeen.ToVersionVector() };
        foreach (var peer in replica.Peers)
        {
            peer.TryConfirm(replica.Machine.Seen, replica.Rules);
            vectors.Add(peer.Confirmed.ToVersionVector());
        }

        var needed = replica.Rules.ConfirmationsNeeded(vectors.Count);
        var stable = new VersionVector();
        var own = vectors[0];
        for (var i = 0; i < own.Count; i++)
        {
            var node = own.At(i).Node;
            var counters = vectors.ConvertAll(v => v[node]);
            counters.Sort();
            stable.Advance(node, Math.Min(counters[^needed], own.At(i).Counter));
        }

        return stable;
    }
}
