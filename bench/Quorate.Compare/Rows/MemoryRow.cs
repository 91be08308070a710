using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Rows;

/// <summary>P9: resident memory of the leader after one million keys of 16 bytes with 64-byte values.</summary>
internal static class MemoryRow
{
    private const int Keys = 1_000_000;
    private const int Batch = 1_000;

    public static Line Measure(ServerCluster? ours, ServerCluster? theirs)
    {
        var our = Resident(ours);
        var their = Resident(theirs);
        return new Line
        {
            Id = "P9",
            What = "resident memory of the leader, 1 M keys",
            Ours = ours?.Name ?? "Quorate",
            Theirs = theirs?.Name ?? "Redis",
            Measured = our is not null && their is not null ? our / their : null,
            Target = 1.3,
            IsUpperBound = true,
            Note = $"{our:0} MB beside {their:0} MB",
        };
    }

    /// <summary>Megabytes that the leader holds in memory once the keys are written; null without a cluster.</summary>
    public static double? Resident(ServerCluster? cluster)
    {
        if (cluster is null) return null;
        var leader = cluster.RequireLeader();
        using var client = RespClient.Connect(cluster.Ports[leader], 30_000);
        var value = new string('x', 64);
        for (var first = 0; first < Keys; first += Batch)
        {
            for (var i = first; i < first + Batch; i++) client.Queue("SET", $"key:{i:D12}", value);
            client.Flush();
            for (var i = 0; i < Batch; i++)
            {
                if (client.Read() is { IsError: true } error)
                    throw new InvalidOperationException($"{cluster.Name}: {error.Text}");
            }
        }

        var size = client.Call("DBSIZE").Text;
        var megabytes = cluster.Processes[leader].ResidentBytes() / 1e6;
        Console.WriteLine($"  P9 {cluster.Name}: {size} keys, {megabytes:0} MB");
        return megabytes;
    }
}
