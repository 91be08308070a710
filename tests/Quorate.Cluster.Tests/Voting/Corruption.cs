using Quorate.Cluster.Groups;
using Quorate.Cluster.Turns;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Cluster.Tests.Voting;

/// <summary>Memory that goes bad under a replica, and what is seen of it.</summary>
internal static class Corruption
{
    /// <summary>Rounds that come fast, so that tests need not wait.</summary>
    public static NodeOptions Fast(NodeOptions options) =>
        options with
        {
            Divergence = new DivergenceOptions
            {
                PeriodMilliseconds = 10,
                RoundMilliseconds = 300,
                IdleRoundMilliseconds = 300,
                KeysPerRange = 16,
                DigestPatienceMilliseconds = 500,
            },
        };

    /// <summary>No comparing by digests: only what voted reads see is found.</summary>
    public static NodeOptions Silent(NodeOptions options) =>
        options with { Divergence = new DivergenceOptions { PeriodMilliseconds = 0 } };

    /// <summary>Turns one bit of a key's value.</summary>
    public static void Flip(KeyspaceMachine machine, string key, byte bit = 1)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        var table = (KeyTable)machine.Databases[0].Store;
        var row = table.Find(bytes, KeyHash.Of(bytes), out _);
        row.ShouldNotBe(0, $"{key} is not there");
        table.SpanOf(row)[0] ^= bit;
    }

    public static void Drop(KeyspaceMachine machine, string key)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        var table = (KeyTable)machine.Databases[0].Store;
        table.Remove(table.Find(bytes, KeyHash.Of(bytes), out _), KeyChange.Removed);
    }

    public static string Local(KeyspaceMachine machine, string key)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        var table = (KeyTable)machine.Databases[0].Store;
        var row = table.Find(bytes, KeyHash.Of(bytes), out _);
        return row == 0 ? "(none)" : System.Text.Encoding.UTF8.GetString(table.BytesOf(row));
    }

    public static OrderedGroup GroupOn(LocalCluster cluster, int node, GroupId group) => (OrderedGroup)cluster[node].Find(group)!;

    public static OrderedGroup GroupOn(LocalCluster cluster, int node) => GroupOn(cluster, node, Node.DefaultGroup);

    /// <summary>Takes all alarms that were raised.</summary>
    public static string Alarms(LocalCluster cluster)
    {
        var all = new List<string>();
        foreach (var node in cluster.Up)
            while (cluster[node].Alarms.TryTake(out var sentence)) all.Add($"n{node} {sentence}");
        return string.Join('\n', all);
    }
}
