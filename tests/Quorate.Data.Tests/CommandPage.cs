using Quorate.Data.Commands;

namespace Quorate.Data.Tests;

/// <summary>docs/commands.md is written from the table. QUORATE_WRITE_DOCS=1 writes it anew.</summary>
public sealed class CommandPage
{
    [Fact]
    public void The_page_of_commands_says_what_the_table_says()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Quorate.slnx"))) root = root.Parent.ShouldNotBeNull();
        var path = Path.Combine(root.FullName, "docs", "commands.md");
        var text = CommandReference.Write(CommandTable.Keyspace);
        if (Environment.GetEnvironmentVariable("QUORATE_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        File.ReadAllText(path).ShouldBe(text);
    }
}
