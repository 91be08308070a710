using System.Buffers;

namespace Quorate.Data.Values;

/// <summary>Reads a value piece by piece. Pieces one after the other, joined at will, are a piece too.</summary>
public abstract class PieceReader
{
    /// <summary>The smallest budget that a reader has to keep to, in bytes.</summary>
    public const int SmallestBudget = 1024;

    /// <summary>Writes the next piece, of no more than <paramref name="budgetBytes"/>: an element that is longer is cut.
    /// False: it was the last; it may be empty.</summary>
    /// <param name="output">gets the piece</param>
    /// <param name="budgetBytes"><see cref="SmallestBudget"/> or more</param>
    public abstract bool WriteNext(IBufferWriter<byte> output, int budgetBytes);
}
