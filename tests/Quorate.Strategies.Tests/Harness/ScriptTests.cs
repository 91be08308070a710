using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Raft;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>What a golden script's runner does to a script's text.</summary>
public sealed class ScriptTests
{
    private const string Script = """
        # How it begins.
        cluster 1

        # A second thought.
        campaign n1
        request n1 write a=1
          n1 applies i2 a=1 for r1
        # The end.

        """;

    [Fact]
    public void A_trace_is_written_under_the_command_that_caused_it_and_comments_stay() =>
        Run("# Before.\n\ncluster 1\ncampaign n1\n# Between.\nrequest n1 write a=1\n# After.\n")
            .ShouldBe("# Before.\n\ncluster 1\ncampaign n1\n# Between.\nrequest n1 write a=1\n  n1 applies i2 a=1 for r1\n# "
                + "After.\n");

    [Fact]
    public void What_a_run_writes_it_writes_again() => Run(Run(Script)).ShouldBe(Run(Script));

    [Theory]
    [InlineData("  n1 applies i2 a=1 for r1\n", "")]
    [InlineData("for r1\n", "for r2\n")]
    [InlineData("for r1\n", "for r1\n  n1 applies i3 b=2 for r2\n")]
    [InlineData("campaign n1\n", "campaign n1\n  n1 stands\n")]
    public void A_trace_that_is_not_the_one_written_down_is_found(string written, string instead)
    {
        var script = Script.ReplaceLineEndings("\n");
        Run(script).ShouldBe(script);
        var other = script.Replace(written, instead, StringComparison.Ordinal);
        other.ShouldNotBe(script);
        Run(other).ShouldBe(script);
    }

    private static string Run(string script) =>
        new Script((nodes, _) => new RaftProtocol(nodes, new RaftOptions()), _ => []).Run(script);
}
