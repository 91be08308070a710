using System.Text;
using System.Text.RegularExpressions;
using Quorate.Resp;

namespace Quorate.Tests;

/// <summary>
/// Types a tour's lines as a reader does, against clusters whose ports are other than the document's: understands redis-cli,
/// quorate, and the loop that waits for a reply. Any other line fails, so that a document cannot show what is not tried.
/// </summary>
/// <param name="ports">The document's ports, each with the one that is really there.</param>
/// <param name="folder">Where the document's files are.</param>
internal sealed partial class TourTerminal(IReadOnlyDictionary<int, int> ports, string folder)
{
    /// <summary>Runs one line and returns what a terminal shows.</summary>
    public async Task<string> RunAsync(string line)
    {
        if (RedisCli().Match(line) is { Success: true } redis) return await AskAsync(redis);
        if (line.StartsWith("quorate ", StringComparison.Ordinal)) return await QuorateAsync(line);
        if (Loop().Match(line) is { Success: true } loop) return await UntilAsync(loop);
        throw new InvalidOperationException($"the tour shows a line that no test can type: {line}");
    }

    /// <summary>The line with the ports that are really there.</summary>
    public string Translate(string line) =>
        Port().Replace(line, m => ports.TryGetValue(int.Parse(m.Value), out var port) ? $"{port}" : m.Value);

    private async Task<string> AskAsync(Match match, bool isRaw = false)
    {
        var lines = match.Groups["script"] is { Success: true } script
            ? script.Value.Replace("\\n", "\n", StringComparison.Ordinal).Split('\n')
            : [match.Groups["words"].Value];
        using var client = await RespClient.ConnectAsync(ports[int.Parse(match.Groups["port"].Value)]);
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            var words = Word().Matches(line).Select(m => m.Groups["quoted"] is { Success: true } quoted ? quoted.Value : m.Value);
            var reply = await client.DoAsync([.. words]);
            text.Append(isRaw ? reply.Text : Show(reply)).Append('\n');
        }

        return text.ToString();
    }

    private async Task<string> QuorateAsync(string line)
    {
        string[] words = [.. line.Split(' ')[1..]
            .Select(w => w.EndsWith(".lua", StringComparison.Ordinal) ? Path.Combine(folder, w) : w)];
        var (code, output, error) = await CommandLine.RunAsync([.. words, "--server", $"127.0.0.1:{ports[7001]}"]);
        error.ShouldBe("", line);
        code.ShouldBe(ExitCode.Ok, line);
        return output;
    }

    private async Task<string> UntilAsync(Match loop)
    {
        var (command, line) = (RedisCli().Match(loop.Groups["command"].Value), loop.Groups["line"].Value);
        await Never.UntilAsync(async () => (await AskAsync(command, isRaw: true)).Split('\n').Contains(line), loop.Value);
        return "";
    }

    /// <summary>A reply as redis-cli shows it in a terminal.</summary>
    private static string Show(RespReply reply) => reply.Kind switch
    {
        _ when reply.IsError => "(error) " + reply.Text,
        ReplyKind.Integer => "(integer) " + reply.Text,
        ReplyKind.Bulk => $"\"{reply.Text.Replace("\n", "\\n", StringComparison.Ordinal)}\"",
        ReplyKind.Array => string.Join('\n', reply.Items.Select((item, i) => $"{i + 1}) {Show(item)}")),
        _ => reply.Text,
    };

    [GeneratedRegex(@"^redis-cli -p (?<port>\d+) (<<< \$'(?<script>[^']*)'|(?<words>[^<|]+))$")]
    private static partial Regex RedisCli();

    [GeneratedRegex(@"^until (?<command>redis-cli .*) \| grep -qx (?<line>\S+); do sleep [0-9.]+; done$")]
    private static partial Regex Loop();

    [GeneratedRegex("\"(?<quoted>[^\"]*)\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b[789]00\d\b")]
    private static partial Regex Port();
}
