using System.Text;

namespace Quorate.Data.Commands;

/// <summary>Reading one word of a command.</summary>
internal static class CommandWord
{
    /// <summary>True when the word is this option, in any case.</summary>
    public static bool Is(this ReadOnlySpan<byte> word, ReadOnlySpan<byte> option) => Ascii.EqualsIgnoreCase(word, option);

    /// <summary>As Redis shows words in errors, being C strings: up to the first zero byte.</summary>
    public static ReadOnlySpan<byte> UpToZero(this ReadOnlySpan<byte> word)
    {
        var end = word.IndexOf((byte)0);
        return end < 0 ? word : word[..end];
    }
}
