using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;

namespace Quorate.Compare.Processes;

/// <summary>One process of <c>quorate dev --regions</c>: a node in each region.</summary>
internal sealed class RegionCluster : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly Regex Address = new(
        @"clients redis://127\.0\.0\.1:(?<port>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private readonly Child _process;

    public RegionCluster(string folder, string[] regions, int roundTripMilliseconds)
    {
        Regions = regions;
        _process = Child.Start(
            Path.Combine(folder, "regions.log"),
            QuorateCluster.Binary, "dev", "--ephemeral", "--regions", string.Join(',', regions),
            "--rtt",
            roundTripMilliseconds.ToString(CultureInfo.InvariantCulture), "--resp-port", "0", "--http-port", "0", "--peer-port",
            "0");
        for (var end = DateTime.UtcNow + StartLimit; ; Thread.Sleep(50))
        {
            var log = File.Exists(_process.LogPath) ? File.ReadAllText(_process.LogPath) : "";
            Ports = [.. Address.Matches(log).Select(m => int.Parse(m.Groups["port"].Value, CultureInfo.InvariantCulture))];
            if (log.Contains("quorate ready", StringComparison.Ordinal)) break;
            if (_process.HasExited || DateTime.UtcNow > end)
                throw new InvalidOperationException($"quorate dev does not become ready. Its last words:\n{_process.LogTail()}");
        }
    }

    public IReadOnlyList<string> Regions { get; }

    /// <summary>The port of each region's node.</summary>
    public int[] Ports { get; }

    public void Cut(string region) => Ask("QUORATE", "CUT", region);

    public void Heal(string region) => Ask("QUORATE", "HEAL", region);

    public void Dispose() => _process.Dispose();

    private void Ask(params string[] words)
    {
        var reply = RespClient.TryCall(Ports[0], words);
        if (reply is not { IsError: false })
            throw new InvalidOperationException($"{string.Join(' ', words)}: {reply?.Text ?? "no answer"}");
    }
}
