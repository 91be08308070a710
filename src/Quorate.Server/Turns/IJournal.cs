using Quorate.Replication;

namespace Quorate.Server.Turns;

/// <summary>What a node's loop needs of its journal. Called under the node's lock.</summary>
internal interface IJournal
{
    PersistPoint Append(GroupId group, ReadOnlySpan<byte> record);

    void Release(GroupId group, PersistPoint point);

    /// <summary>A turn has ended: make durable what was appended, soon and together. Returns the point that is durable
    /// already when this returns (for a journal that does not wait), or the default.</summary>
    PersistPoint Flush();
}

/// <summary>Counts records and keeps nothing: for nodes that are never started again.</summary>
internal sealed class NoJournal : IJournal
{
    private long _last;

    public PersistPoint Append(GroupId group, ReadOnlySpan<byte> record) => new(++_last);

    public void Release(GroupId group, PersistPoint point)
    {
    }

    public PersistPoint Flush() => new(_last);
}
