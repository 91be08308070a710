using Quorate.Data.Commands;
using Quorate.Data.Merging.Commands;

namespace Quorate.Data.Tests.Merging;

/// <summary>The entries of merging commands, as data.</summary>
public sealed class CommandEntries
{
    [Fact]
    public void Every_command_that_merges_is_explained_on_the_page()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Quorate.slnx"))) root = root.Parent.ShouldNotBeNull();
        var page = File.ReadAllText(Path.Combine(root.FullName, "docs", "protocols", "crdt.md"));
        foreach (var command in MergingTable.Keyspace.Where(c =>
            c.MergingHandler is not null || c.Subcommands.Any(s => s.MergingHandler is not null)))
            page.ShouldContain($"`{command.Name.ToUpperInvariant()}`");
    }

    [Fact]
    public void Every_other_command_is_there_and_refused()
    {
        var names = MergingTable.Keyspace.Select(c => c.Name).ToHashSet();
        names.Count.ShouldBe(MergingTable.Keyspace.Count);
        foreach (var command in CommandTable.Keyspace) names.ShouldContain(command.Name);
        MergingTable.Keyspace.Single(c => c.Name == "append").MergingHandler.ShouldBeNull();
    }

    [Fact]
    public void Arity_and_keys_are_those_of_the_ordered_commands_of_the_same_name()
    {
        foreach (var ordered in CommandTable.Keyspace)
        {
            var merging = MergingTable.Keyspace.Single(c => c.Name == ordered.Name);
            (merging.FirstKey, merging.LastKey, merging.KeyStep)
                .ShouldBe((ordered.FirstKey, ordered.LastKey, ordered.KeyStep), ordered.Name);
            merging.Route.ShouldBe(ordered.Route, ordered.Name);
            // The conditions of EXPIRE need an order; they are not taken.
            if (!ordered.Name.Contains("expire", StringComparison.Ordinal)) merging.Arity.ShouldBe(ordered.Arity, ordered.Name);
        }
    }

    [Fact]
    public void What_writes_has_a_rule_for_concurrent_uses()
    {
        foreach (var command in MergingTable.Keyspace.Where(c => c.MergingHandler is not null && c.Route == CommandRoute.Write))
            command.Merging.ShouldNotBeEmpty(command.Name);
    }
}
