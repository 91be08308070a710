using Microsoft.Extensions.Logging;
using Quorate.Cluster;
using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Server.Storage;
using Quorate.Server.Turns;

namespace Quorate.Server;

/// <summary>Journal and snapshots in the node's folder. Under durability <c>written</c> nothing waits for the disk; under
/// <c>memory</c> only terms and votes come here, and they are synced.</summary>
internal sealed class FileStore : NodeStore, IJournal
{
    private readonly NodeFolder _folder;
    private readonly PosixFiles _files;
    private readonly BackgroundThread _snapshotThread = new("snapshots");
    private readonly Dictionary<GroupId, FileSnapshots> _snapshots = [];
    private readonly bool _sync;
    private readonly ILogger _log;
    private NodeLoop? _loop;
    private NodeJournal? _journal;
    private JournalThread? _thread;

    private FileStore(NodeFolder folder, bool sync, ILogger log)
    {
        _folder = folder;
        _files = new PosixFiles(folder.JournalFolder);
        _sync = sync;
        _log = log;
    }

    public override IJournal Journal => this;

    protected override long Incarnation => _folder.Incarnation;

    public static FileStore In(NodeServerOptions options, IReadOnlyList<Member> members, ILogger log)
    {
        var path = options.DataFolder ?? throw new CannotStartException($"node {options.Name} has no data folder");
        try
        {
            var cluster = string.Join(',', (options.Founders ?? members).Select(m => m.Name));
            // Names of removed nodes are free again, ids are not.
            var node = options.Founders is null ? options.Name : $"{options.Name} {options.Self}";
            return new FileStore(NodeFolder.Open(path, cluster, node), options.Durability != Durability.Written, log);
        }
        catch (IOException e)
        {
            throw new CannotStartException(e.Message, e);
        }
    }

    public override void Recover(NodeLoop loop)
    {
        _loop = loop;
        JournalRecovery recovery;
        string? refusal;
        try
        {
            recovery = NodeJournal.Open(_files, new JournalOptions { Salt = NodeFolder.DrawSalt() }, loop.Node.Recover);
            refusal = _folder.Check(recovery);
        }
        catch (IOException e)
        {
            throw new CannotStartException(e.Message, e);
        }

        _journal = refusal is null ? recovery.Journal! : throw new CannotStartException(refusal);
        _thread = new JournalThread(_journal, loop.Gate, _sync, loop.OnPersisted, OnFailed);
    }

    public override void Start() => _thread!.Start();

    public override ISnapshots SnapshotsOf(GroupId group)
    {
        if (!_snapshots.TryGetValue(group, out var snapshots))
        {
            snapshots = new FileSnapshots(
                _folder.SnapshotsFolder(group), group, _snapshotThread, (g, index, isSaved) =>
                    _loop?.OnSnapshotSealed(g, index, isSaved), _log.Storage);
            _snapshots.Add(group, snapshots);
        }

        return snapshots;
    }

    public override ReadOnlyMemory<byte> ReadNote(string name) => _folder.ReadNote(name);

    public override void WriteNote(string name, ReadOnlySpan<byte> bytes) => _folder.WriteNote(name, bytes);

    public override void ForgetGroup(GroupId group)
    {
        if (_snapshots.Remove(group, out var snapshots)) snapshots.Dispose();
        _folder.ForgetGroup(group);
    }

    public override long JournaledBytes => _thread?.Metrics.Bytes ?? 0;

    public override (int Oldest, int Last) DiskDelay => _thread?.Metrics.Delay ?? default;

    public PersistPoint Append(GroupId group, ReadOnlySpan<byte> record) => _journal!.Append(group, record);

    public void Release(GroupId group, PersistPoint point) => _journal!.Release(group, point);

    public PersistPoint Flush()
    {
        _thread!.Wake();
        return default;
    }

    public override void Dispose()
    {
        _thread?.Dispose();
        foreach (var snapshots in _snapshots.Values) snapshots.Dispose();
        _snapshotThread.Dispose();
        _files.Dispose();
        _folder.Dispose();
    }

    private void OnFailed(string why)
    {
        _log.JournalFailed(why);
        _loop!.OnJournalFailed(why);
    }
}
