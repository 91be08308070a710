namespace Quorate.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("quorate-tests").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
