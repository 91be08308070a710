using System.Runtime.InteropServices;

namespace Quorate.Server.Scripts;

/// <summary>Lua compares strings by the C library's locale: it must be the same on every node, whatever its machine is set to.
/// .NET has its own and does not look at this one.</summary>
internal static partial class CLocale
{
    private const int Numeric = 1;
    private const int Collate = 3;
    private const int Types = 0;

    public static void Take()
    {
        foreach (var category in (ReadOnlySpan<int>)[Types, Numeric, Collate]) _ = SetLocale(category, "C");
    }

    [LibraryImport("libc", EntryPoint = "setlocale", StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr SetLocale(int category, string locale);
}
