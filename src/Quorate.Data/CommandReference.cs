using System.Globalization;
using System.Text;
using Quorate.Data.Commands;

namespace Quorate.Data;

/// <summary>The command table as a page for readers. docs/commands.md is what this gives for the keyspace commands.</summary>
public static class CommandReference
{
    /// <summary>Markdown, the commands grouped and ordered by name, with \n between lines.</summary>
    public static string Write(IEnumerable<CommandSpec> commands)
    {
        var text = new StringBuilder();
        text.Append("# Commands on keyspace contents\n\n");
        text.Append("Arity counts the name; a negative one means \"at least\". Keys are first, last, step. ");
        text.Append("Writes go through the log of the keyspace, reads are executed on one replica once it may be read. ");
        text.Append("Choosing a keyspace, and the commands about keyspaces and nodes: [keyspaces.md](keyspaces.md). ");
        text.Append("What reads may return, READS, READONLY and READWRITE: [reads.md](reads.md).\n");
        foreach (var group in commands.GroupBy(c => c.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n");
            text.Append("| Command | Arity | Route | Keys | Flags | Since | Complexity | What it does |\n");
            text.Append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
            foreach (var command in group.OrderBy(c => c.Name, StringComparer.Ordinal))
            {
                Row(text, command);
                foreach (var sub in command.Subcommands.OrderBy(c => c.Name, StringComparer.Ordinal)) Row(text, sub);
            }
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, CommandSpec spec)
    {
        var name = spec.Name.Replace('|', ' ').ToUpperInvariant();
        var keys = spec.FirstKey == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{spec.FirstKey}, {spec.LastKey}, {spec.KeyStep}");
        var route = spec.Subcommands.Count > 0 ? "" : spec.Route.ToString().ToLowerInvariant();
        text.Append(
            CultureInfo.InvariantCulture,
            $"| `{name}` | {spec.Arity} | {route} | {keys} | {string.Join(' ', spec.FlagNames())} | {spec.Since} | " +
            $"{spec.Complexity} | {spec.Summary} |\n");
    }
}
