using Quorate.Compare.Load;

namespace Quorate.Compare.Processes;

/// <summary>Three etcd nodes with their default settings, quieter in their log.</summary>
internal sealed class EtcdCluster : ServerCluster
{
    private readonly string _folder;
    private readonly int[] _peerPorts;
    private readonly string _initialCluster;

    public EtcdCluster(string folder, int nodes = 3)
    {
        _folder = folder;
        var ports = FreePorts.Take(nodes * 2);
        Ports = ports[..nodes];
        _peerPorts = ports[nodes..];
        _initialCluster = string.Join(',', _peerPorts.Select((p, i) => $"e{i}=http://127.0.0.1:{p}"));
        Processes = new Child[nodes];
        for (var i = 0; i < nodes; i++) Processes[i] = StartOne(i);
        RequireLeader();
    }

    public override string Name => "etcd";

    public override int FindLeader()
    {
        for (var i = 0; i < Ports.Length; i++)
        {
            if (EtcdGateway.Leads(Ports[i])) return i;
        }

        return -1;
    }

    public override void Restart(int index) => Processes[index] = StartOne(index);

    private Child StartOne(int index)
    {
        var directory = Path.Combine(_folder, $"etcd-{index}");
        return Child.Start(
            directory + ".log", "etcd", "--name", $"e{index}", "--data-dir", directory,
            "--listen-client-urls",
            $"http://127.0.0.1:{Ports[index]}", "--advertise-client-urls", $"http://127.0.0.1:{Ports[index]}",
            "--listen-peer-urls",
            $"http://127.0.0.1:{_peerPorts[index]}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peerPorts[index]}",
            "--initial-cluster", _initialCluster, "--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error");
    }
}
