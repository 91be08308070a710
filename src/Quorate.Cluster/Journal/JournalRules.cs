namespace Quorate.Cluster.Journal;

/// <summary>
/// The rules that make the journal safe, one switch each, so that the simulator can break one at a time and show that it
/// notices (canaries). Production uses this class as it is.
/// </summary>
public class JournalRules
{
    /// <summary>A record counts only with the right checksum.</summary>
    public virtual bool VerifyChecksum => true;

    /// <summary>The name of a new segment is made durable before anything is written to it.</summary>
    public virtual bool SyncDirectoryAfterCreate => true;

    /// <summary>What cannot be read at the end is cut off. False: it is handed on as if it were a record.</summary>
    public virtual bool CutTornTail => true;

    /// <summary>A batch is complete only after its bytes were synced. False: it says so without.</summary>
    public virtual bool SyncBeforeComplete => true;

    /// <summary>Damage below a point that is known to have been durable stops the node. False: all that follows is
    /// forgotten silently, as after a torn write.</summary>
    public virtual bool RefuseDamage => true;

    /// <summary>What lies behind the last record is overwritten with zeros before anything new is appended.</summary>
    public virtual bool EraseTornTail => true;
}
