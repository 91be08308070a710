using System.Text;

namespace Quorate.Data;

internal static class Words
{
    /// <summary>True when the word is this option, in any case.</summary>
    public static bool Is(this ReadOnlySpan<byte> word, ReadOnlySpan<byte> option) => Ascii.EqualsIgnoreCase(word, option);
}
