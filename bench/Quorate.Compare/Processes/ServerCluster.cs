namespace Quorate.Compare.Processes;

/// <summary>Some server processes on loopback that act as one system: ours or a peer.</summary>
internal abstract class ServerCluster : IDisposable
{
    protected static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    public abstract string Name { get; }

    /// <summary>The processes, in the order of <see cref="Ports"/>.</summary>
    public Child[] Processes { get; protected set; } = [];

    /// <summary>The port on which each process serves clients.</summary>
    public int[] Ports { get; protected set; } = [];

    /// <summary>Index of the process that takes writes, or -1 when there is none now.</summary>
    public abstract int FindLeader();

    /// <summary>Starts one process that was ended, on its old data.</summary>
    public abstract void Restart(int index);

    /// <summary>Waits for a leader; throws when none appears.</summary>
    public int RequireLeader()
    {
        var leader = -1;
        WaitUntil(() => (leader = FindLeader()) >= 0, $"{Name}: no leader");
        return leader;
    }

    public double CpuSeconds() => Processes.Sum(p => p.HasExited ? 0 : p.CpuSeconds());

    public virtual void Dispose()
    {
        foreach (var process in Processes) process.Dispose();
    }

    protected void WaitUntil(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow + StartLimit;
        while (!condition())
        {
            var dead = Processes.FirstOrDefault(p => p.HasExited);
            if (dead is not null)
                throw new InvalidOperationException($"{what}: a server ended. Its last words:\n{dead.LogTail()}");
            if (DateTime.UtcNow > end)
                throw new InvalidOperationException(
                    $"{what} within {StartLimit.TotalSeconds} s. Last words:\n{Processes[0].LogTail()}");
            Thread.Sleep(50);
        }
    }
}
