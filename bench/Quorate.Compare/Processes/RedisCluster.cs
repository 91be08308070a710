using Quorate.Compare.Load;

namespace Quorate.Compare.Processes;

/// <summary>A Redis primary with asynchronous replicas, either without any file or with an append-only file on all of
/// them.</summary>
internal sealed class RedisCluster : ServerCluster
{
    private readonly string _folder;
    private readonly AppendOnly _file;

    public RedisCluster(string folder, bool appendFsyncAlways, int replicas = 2)
        : this(folder, appendFsyncAlways ? AppendOnly.Always : AppendOnly.No, replicas)
    {
    }

    public RedisCluster(string folder, AppendOnly file, int replicas)
    {
        (_folder, _file) = (Directory.CreateDirectory(Path.Combine(folder, $"redis-{Guid.NewGuid():N}")).FullName, file);
        Ports = FreePorts.Take(replicas + 1);
        Processes = new Child[replicas + 1];
        for (var i = 0; i < Processes.Length; i++) Processes[i] = StartOne(i);
        WaitUntil(() => RespClient.TryPing(Ports[0]), $"{Name}: no answer");
        WaitUntil(() => OnlineReplicas() == replicas, $"{Name}: replicas not online");
    }

    public override string Name =>
        (_file switch { AppendOnly.Always => "Redis always", AppendOnly.EverySecond => "Redis everysec", _ => "Redis async" })
            + (Ports.Length == 1 ? ", alone" : "");

    public override int FindLeader() => 0;

    public override void Restart(int index) => Processes[index] = StartOne(index);

    private Child StartOne(int index)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_folder, $"{index}")).FullName;
        List<string> arguments =
        [
            "--port", $"{Ports[index]}", "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--daemonize", "no",
            "--repl-diskless-sync-delay", "0", "--appendonly", _file == AppendOnly.No
                ? "no" : "yes", "--appendfsync", _file == AppendOnly.EverySecond ? "everysec" : "always",
        ];
        if (index > 0) arguments.AddRange(["--replicaof", "127.0.0.1", $"{Ports[0]}"]);
        return Child.Start(Path.Combine(directory, "log"), "redis-server", [.. arguments]);
    }

    private int OnlineReplicas()
    {
        using var client = RespClient.Connect(Ports[0]);
        return client.Call("INFO", "replication").Text.Split('\n')
            .Count(l => l.StartsWith("slave", StringComparison.Ordinal) && l.Contains("state=online", StringComparison.Ordinal));
    }
}
