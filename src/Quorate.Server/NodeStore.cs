using Microsoft.Extensions.Logging;
using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Replication;
using Quorate.Server.Turns;
using Quorate.Strategies;

namespace Quorate.Server;

/// <summary>
/// What a node keeps: journal and snapshots in its folder, or, without a folder, nothing that outlives the process.
/// Durability <c>memory</c> needs the folder too: the entries are not written, but a node that forgot its votes could vote
/// twice in a term, and one that forgot that it ever ran could help to elect a leader without what it once acknowledged.
/// </summary>
internal abstract class NodeStore : IDisposable
{
    public abstract IJournal Journal { get; }

    /// <summary>How often this node was started, this time included.</summary>
    protected abstract long Incarnation { get; }

    /// <exception cref="CannotStartException">the folder is another node's, in use, or damaged.</exception>
    public static NodeStore Open(NodeServerOptions options, IReadOnlyList<Member> members, ILogger log) =>
        options.DataFolder is null ? new MemoryStore() : FileStore.In(options, members, log);

    public abstract ISnapshots SnapshotsOf(GroupId group);

    /// <summary>See <see cref="INodeHost.ReadNote"/>.</summary>
    public abstract ReadOnlyMemory<byte> ReadNote(string name);

    /// <summary>See <see cref="INodeHost.WriteNote"/>.</summary>
    public abstract void WriteNote(string name, ReadOnlySpan<byte> bytes);

    /// <summary>See <see cref="INodeHost.ForgetGroup"/>.</summary>
    public abstract void ForgetGroup(GroupId group);

    /// <summary>See <see cref="INodeHost.DiskDelay"/>.</summary>
    public virtual (int Oldest, int Last) DiskDelay => default;

    /// <summary>Bytes written to the journal since the start.</summary>
    public virtual long JournaledBytes => 0;

    /// <summary>Feeds the loop's node what it must remember, before it is started.</summary>
    public virtual void Recover(NodeLoop loop)
    {
    }

    /// <summary>The node was started: begin to write.</summary>
    public virtual void Start()
    {
    }

    public NodeOptions NodeOptions(NodeServerOptions options, IReadOnlyList<Member> members) => new()
    {
        Strategies = StrategyTable.All,
        Self = options.Self,
        Members = members,
        FirstMembers = options.Founders,
        Durability = options.Durability,
        Seed = (ulong)Random.Shared.NextInt64(),
        Incarnation = Incarnation,
        Control = new ControlOptions(),
        Labels = options.Labels,
        IsEphemeral = IsEphemeral,
    };

    /// <summary>True when nothing outlives the process.</summary>
    protected virtual bool IsEphemeral => false;

    /// <summary>Makes durable what is in hand and closes the files.</summary>
    public abstract void Dispose();
}

/// <summary>For a cluster whose nodes all live and die with one process.</summary>
internal sealed class MemoryStore : NodeStore
{
    private readonly Dictionary<GroupId, MemorySnapshots> _snapshots = [];
    private NodeLoop? _loop;

    public override IJournal Journal { get; } = new NoJournal();

    // Such a node is never started again.
    protected override long Incarnation => 1;

    public override void Recover(NodeLoop loop) => _loop = loop;

    public override ISnapshots SnapshotsOf(GroupId group)
    {
        if (!_snapshots.TryGetValue(group, out var snapshots))
            _snapshots.Add(group, snapshots = new MemorySnapshots(index => _loop?.OnSnapshotSealed(group, index, isSaved: true)));
        return snapshots;
    }

    public override ReadOnlyMemory<byte> ReadNote(string name) => default;

    public override void WriteNote(string name, ReadOnlySpan<byte> bytes)
    {
    }

    public override void ForgetGroup(GroupId group) => _snapshots.Remove(group);

    protected override bool IsEphemeral => true;

    public override void Dispose()
    {
    }
}
