using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>The keys of a store by their hash slot (<see cref="KeySlot"/>). One caller at a time.</summary>
public interface ISlotIndex
{
    /// <summary>Goes over the next keys that were there before the index was asked for. True: every key is in the index; ask
    /// it nothing before.</summary>
    /// <param name="mostKeys">1 and up; bounds the time that the call takes</param>
    bool Build(int mostKeys);

    /// <summary>Keys in the slot, those included that are due.</summary>
    int CountOf(int slot);

    /// <summary>The first row of the slot, in no order, or 0.</summary>
    int FirstOf(int slot);

    /// <summary>The next row in the slot of this one, or 0.</summary>
    int NextOf(int row);
}
