using System.CommandLine;
using System.Globalization;
using System.Text;
using Quorate.Resp;

namespace Quorate.Commands;

/// <summary>
/// <c>quorate lost replay</c>: gives the commands that a fail-over cut off to their keyspace again, in their order. What was done is forgotten
/// one by one, so that a second run repeats nothing; what is refused stays. It is the user who knows whether an old SET may go over a newer
/// one: what the key holds now is shown beside each.
/// </summary>
internal static class LostReplay
{
    private const int MostShown = 64;

    public static Command Create(Terminal terminal)
    {
        var (name, server, yes) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption(), KeyspaceCommand.YesOption());
        var command = new Command("replay", "Shows them beside what their keys hold now, asks, and gives them to the keyspace again.") { name, server, yes };
        command.SetAction(async (parsed, _) =>
        {
            var (node, keyspace) = (new NodeClient(parsed.GetValue(server)!, terminal.Stop), parsed.GetValue(name)!);
            var lost = (await node.AskAsync("KEYSPACE", "LOST", keyspace, "RAW")).Items;
            if (lost.Count == 0)
            {
                await terminal.Output.WriteLineAsync($"nothing of {keyspace} is kept aside on the node at {node.Address}");
                return ExitCode.Ok;
            }

            foreach (var entry in lost) await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} {LineOf(entry.Items[2])}{await HeldNowAsync(node, keyspace, entry.Items[2])}");
            await terminal.Output.WriteLineAsync("Times to live begin anew, and what others wrote since is written over.");
            await terminal.ConfirmAsync($"Give these {lost.Count} commands to {keyspace} again?", parsed.GetValue(yes));
            return await ReplayAsync(node, keyspace, lost, terminal);
        });
        return command;
    }

    private static async Task<int> ReplayAsync(NodeClient node, string keyspace, IReadOnlyList<RespReply> lost, Terminal terminal)
    {
        var left = 0;
        var isDone = true; // what the entry has come to so far: one that shipped state may be several commands
        for (var i = 0; i < lost.Count; i++)
        {
            var entry = lost[i];
            if (i == 0 || PlaceOf(lost[i - 1]) != PlaceOf(entry)) isDone = true;
            if (entry.Items[2].Items.Count == 0)
            {
                left++;
                await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} not done: it is no command");
                continue;
            }

            IReadOnlyList<RespReply> replies;
            try
            {
                replies = await node.AskAllAsync([Words("SELECT", keyspace), WordsOf(entry.Items[2])]);
            }
            catch (CannotAskException e)
            {
                throw new CannotAskException($"{PlaceOf(entry)} may or may not have been done, and is kept; what is behind it was not tried: {e.Message}", e);
            }

            var answer = replies[^1];
            var isUncertain = answer.IsError && answer.Text.StartsWith("UNCERTAIN", StringComparison.Ordinal);
            await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} {LineOf(entry.Items[2])}: {answer}");
            if (isUncertain) throw new CannotAskException($"{PlaceOf(entry)} may or may not have been done, and is kept; what is behind it was not tried");
            if (answer.IsError) (left, isDone) = (left + 1, false);
            else if (isDone && (i + 1 == lost.Count || PlaceOf(lost[i + 1]) != PlaceOf(entry))) await node.AskAsync("KEYSPACE", "LOST", keyspace, "FORGET", entry.Items[0].Text, entry.Items[1].Text);
        }

        if (left == 0) return ExitCode.Ok;
        await terminal.Output.WriteLineAsync($"{left.ToString(CultureInfo.InvariantCulture)} were not done and are kept: quorate lost show, or quorate lost clear");
        return ExitCode.Failed;
    }

    /// <summary>What the first key holds now, when it is a string.</summary>
    private static async Task<string> HeldNowAsync(NodeClient node, string keyspace, RespReply words)
    {
        if (words.Items.Count < 2) return "";
        var replies = await node.AskAllAsync([Words("SELECT", keyspace), [Encoding.ASCII.GetBytes("TYPE"), words.Items[1].Bytes.ToArray()], [Encoding.ASCII.GetBytes("GET"), words.Items[1].Bytes.ToArray()]]);
        if (replies.Count < 2 || replies[1].IsError) return "";
        if (replies[1].Text == "none") return "  (now: nothing)";
        return replies.Count == 3 && !replies[2].IsError ? $"  (now: {Short(replies[2].Text)})" : $"  (now: a {replies[1].Text})";
    }

    private static string PlaceOf(RespReply entry) => $"e{entry.Items[0].Text} i{entry.Items[1].Text}";

    private static string LineOf(RespReply words) => words.Items.Count == 0 ? "(not a command)" : string.Join(' ', words.Items.Select(w => Short(w.Text)));

    private static string Short(string text) => text.Length > MostShown ? text[..MostShown] + "…" : text;

    private static IReadOnlyList<byte[]> Words(params IReadOnlyList<string> words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    private static IReadOnlyList<byte[]> WordsOf(RespReply words) => [.. words.Items.Select(w => w.Bytes.ToArray())];
}
