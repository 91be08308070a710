using System.Buffers;
using Quorate.Replication.Ordered;

namespace Quorate.Replication;

/// <summary>What a group replicates. Deterministic: the same entries in the same order give the same state on every
/// replica.</summary>
public interface IStateMachine
{
    /// <summary>Executes one committed entry. When <paramref name="request"/> is not none, a client of this node waits
    /// for the result and gets it from here.</summary>
    /// <returns>False: the entry takes more turns. Its result is computed aside, the state is still the one before it (for reads
    /// and snapshots too), and <see cref="GoOn"/> is called in later turns until it is finished; no other entry comes before
    /// that. The payload is valid during this call only. The client's reply comes at the end; by then the client may have been
    /// told something else.</returns>
    bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request);

    /// <summary>Goes on with the entry that is not finished.</summary>
    /// <param name="budgetBytes">work for this turn, as much as it takes to read or write about so many bytes</param>
    /// <returns>True: it is finished, and all it did is shown at once.</returns>
    bool GoOn(int budgetBytes) => true;

    /// <summary>The entry that is not finished is given up, as if it had never begun. Putting a snapshot in place
    /// (<see cref="ISnapshotTarget.Complete"/>) does the same.</summary>
    void GiveUpUnfinished()
    {
    }

    /// <summary>A hint: this entry is among the next <see cref="ForesightWindow"/> to be applied. The caller names a few
    /// and then applies them.</summary>
    void Foresee(ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>How many entries are worth naming before the first of them is applied.</summary>
    public const int ForesightWindow = 16;

    /// <summary>Where the machine reports the keys that an entry touches, before <see cref="Apply"/> of that entry returns.
    /// The replica tells the entry itself there when it has been applied.</summary>
    Taps Taps => Taps.None;

    /// <summary>Begins to read the state as it is now, while later entries go on being applied. One at a time.</summary>
    ISnapshotSource BeginSnapshot();

    /// <summary>Begins to replace the whole state; nothing changes before <see cref="ISnapshotTarget.Complete"/>.</summary>
    ISnapshotTarget BeginRestore();
}

/// <summary>A consistent view of a state machine, read piece by piece between other steps.</summary>
public interface ISnapshotSource : IDisposable
{
    /// <summary>Writes the next piece, of about <paramref name="budgetBytes"/> (a big value is split over pieces).
    /// False when the piece written (maybe empty) was the last.</summary>
    bool WriteNext(IBufferWriter<byte> output, int budgetBytes);
}

/// <summary>Takes the pieces of a snapshot, whole and in order, and then puts them in place of the state.</summary>
public interface ISnapshotTarget
{
    /// <summary>False: the piece is not one that a source wrote.</summary>
    bool TryAccept(ReadOnlySpan<byte> piece);

    void Complete();
}
