using System.CommandLine;
using System.Globalization;
using System.Text;
using Quorate.Resp;

namespace Quorate.Commands;

/// <summary>
/// <c>quorate lost replay</c>: gives the commands that a fail-over cut off to their keyspace again, in their order. The node
/// forgets each command once it is executed, so that a second run repeats nothing, and keeps refused ones. Only the user knows
/// whether an old SET may overwrite a newer one, so each command is shown beside its key's value now.
/// </summary>
internal static class LostReplay
{
    private const int MostShown = 64;

    public static Command Create(Terminal terminal)
    {
        var (name, server, yes) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption(), KeyspaceCommand.YesOption());
        const string description =
            "Shows each cut-off command beside its key's value now, asks, and executes the commands again.";
        var command = new Command("replay", description) { name, server, yes };
        command.SetAction(async (parsed, _) =>
        {
            var (node, keyspace) = (new NodeClient(parsed.GetValue(server)!, terminal.Stop), parsed.GetValue(name)!);
            var lost = (await node.AskAsync("KEYSPACE", "LOST", keyspace, "RAW")).Items;
            if (lost.Count == 0)
            {
                await terminal.Output.WriteLineAsync($"the node at {node.Address} keeps no cut-off commands of {keyspace}");
                return ExitCode.Ok;
            }

            foreach (var entry in lost) await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} "
                + $"{LineOf(entry.Items[2])}{await HeldNowAsync(node, keyspace, entry.Items[2])}");
            await terminal.Output.WriteLineAsync("Times to live start again from now. Newer values of these keys are "
                + "overwritten.");
            await terminal.ConfirmAsync($"Execute these {lost.Count} commands in {keyspace} again?", parsed.GetValue(yes));
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
                await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} not executed: it is not a command");
                continue;
            }

            IReadOnlyList<RespReply> replies;
            try
            {
                replies = await node.AskAllAsync([Words("SELECT", keyspace), WordsOf(entry.Items[2])]);
            }
            catch (CannotAskException e)
            {
                throw new CannotAskException($"{PlaceOf(entry)} may or may not have been executed; it is kept, and the "
                    + $"commands after it were not tried: {e.Message}", e);
            }

            var answer = replies[^1];
            var isUncertain = answer.IsError && answer.Text.StartsWith("UNCERTAIN", StringComparison.Ordinal);
            await terminal.Output.WriteLineAsync($"{PlaceOf(entry)} {LineOf(entry.Items[2])}: {answer}");
            if (isUncertain) throw new CannotAskException($"{PlaceOf(entry)} may or may not have been executed; it is kept, "
                + "and the commands after it were not tried");
            if (answer.IsError) (left, isDone) = (left + 1, false);
            else if (isDone && (i + 1 == lost.Count || PlaceOf(lost[i + 1]) != PlaceOf(entry)))
                await node.AskAsync("KEYSPACE", "LOST", keyspace, "FORGET", entry.Items[0].Text, entry.Items[1].Text);
        }

        if (left == 0) return ExitCode.Ok;
        await terminal.Output.WriteLineAsync($"{left.ToString(CultureInfo.InvariantCulture)} were not executed and are kept: "
            + "see quorate lost show and quorate lost clear");
        return ExitCode.Failed;
    }

    /// <summary>What the first key holds now, when it is a string.</summary>
    private static async Task<string> HeldNowAsync(NodeClient node, string keyspace, RespReply words)
    {
        if (words.Items.Count < 2) return "";
        var replies = await node.AskAllAsync([
            Words("SELECT", keyspace), [Encoding.ASCII.GetBytes("TYPE"), words.Items[1].Bytes.ToArray()],
            [Encoding.ASCII.GetBytes("GET"), words.Items[1].Bytes.ToArray()]]);
        if (replies.Count < 2 || replies[1].IsError) return "";
        if (replies[1].Text == "none") return "  (now: nothing)";
        return replies.Count == 3 && !replies[2].IsError ? $"  (now: {Short(replies[2].Text)})" : $"  (now: a {replies[1].Text})";
    }

    private static string PlaceOf(RespReply entry) => $"e{entry.Items[0].Text} i{entry.Items[1].Text}";

    private static string LineOf(RespReply words) =>
        words.Items.Count == 0 ? "(not a command)" : string.Join(' ', words.Items.Select(w => Short(w.Text)));

    private static string Short(string text) => text.Length > MostShown ? text[..MostShown] + "…" : text;

    private static IReadOnlyList<byte[]> Words(params IReadOnlyList<string> words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    private static IReadOnlyList<byte[]> WordsOf(RespReply words) => [.. words.Items.Select(w => w.Bytes.ToArray())];
}
