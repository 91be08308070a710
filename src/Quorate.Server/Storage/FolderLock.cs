using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Quorate.Server.Storage;

/// <summary>Keeps a folder to one process. Ends with <see cref="Dispose"/> or with the process, also when that is
/// killed.</summary>
public sealed class FolderLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FolderLock(SafeFileHandle file) => _file = file;

    /// <exception cref="IOException">Another process (or another part of this one) uses the folder; the text names
    /// it.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, "lock");
        var file = Posix.OpenUnlocked(path);
        try
        {
            if (!Posix.TryLock(file, path))
            {
                var holder = HolderOf(file);
                throw new IOException(
                    $"The folder {folder} is in use by another process{(holder is null ? "" : $" (pid {holder})")}.");
            }

            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
            return new FolderLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string? HolderOf(SafeFileHandle file)
    {
        var bytes = new byte[16];
        var text = Encoding.ASCII.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
        return int.TryParse(text, CultureInfo.InvariantCulture, out var pid) ? pid.ToString(CultureInfo.InvariantCulture) : null;
    }
}
