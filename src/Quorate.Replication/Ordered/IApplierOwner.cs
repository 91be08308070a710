namespace Quorate.Replication.Ordered;

/// <summary>What the <see cref="Applier{TStamp}"/> asks of the strategy. One caller at a time.</summary>
/// <typeparam name="TStamp">What entries are stamped with.</typeparam>
public interface IApplierOwner<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    /// <summary>The world of the present step.</summary>
    Effects Out { get; }

    /// <summary>The replica that leads, as far as is known: a hint for requests whose entries lost.</summary>
    NodeId Leader { get; }

    /// <summary>True when <see cref="BeginCommand"/> and <see cref="SuspendCommand"/> are to be called. Never changes.</summary>
    bool ObservesCommands => false;

    /// <summary>A client's command is about to be applied. <see cref="Applier{TStamp}.LastApplied"/> is its index
    /// already.</summary>
    void BeginCommand(in EntryView<TStamp> entry)
    {
    }

    /// <summary>The command is not finished: as if it had not begun. It begins again when it is gone on with.</summary>
    void SuspendCommand(in EntryView<TStamp> entry)
    {
    }

    /// <summary>Applies an entry that is no client's command.</summary>
    /// <param name="index">of the entry</param>
    /// <param name="entry">of another kind than <see cref="EntryKind.Command"/></param>
    /// <param name="request">the request that waits for it; maybe none</param>
    void ApplyOther(LogIndex index, in EntryView<TStamp> entry, RequestId request)
    {
    }

    /// <summary><see cref="Applier{TStamp}.LastApplied"/> rose. Called when the applier has done what it may do for
    /// now.</summary>
    void OnApplied();
}
