using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Tests;

public class EffectCheckerTests
{
    private static List<Operation> Increments() => new HistoryBuilder()
        .Ok(1, 2, OperationKind.Increment, "c", null, "1")
        .Ok(3, 4, OperationKind.Increment, "c", null, "2")
        .Unknown(5, OperationKind.Increment, null, "c")
        .Failed(6, 7, OperationKind.Increment, null, "c").Operations;

    [Theory]
    [InlineData("2", null)]
    [InlineData("3", null)]
    [InlineData("1", "lost")]
    [InlineData(null, "lost")]
    [InlineData("4", "twice")]
    public void A_counter_lies_between_acknowledged_and_possible(string? final, string? complaint)
    {
        var said = EffectChecker.CheckCounter("c", Increments(), final);
        if (complaint is null) said.ShouldBeNull();
        else said.ShouldNotBeNull().ShouldContain(complaint);
    }

    [Theory]
    [InlineData("a;b;", null)]
    [InlineData("b;a;u;", null)]
    [InlineData("a;", "lost")]
    [InlineData("a;b;a;", "applied 2 times")]
    [InlineData("a;b;f;", "said to have failed")]
    [InlineData("a;b;z;", "which no client wrote")]
    public void Every_acknowledged_token_is_there_once(string final, string? complaint)
    {
        var history = new HistoryBuilder()
            .Ok(1, 2, OperationKind.Append, "l", "a;", "2")
            .Ok(1, 2, OperationKind.Append, "l", "b;", "4")
            .Unknown(3, OperationKind.Append, "u;", "l")
            .Failed(3, 4, OperationKind.Append, "f;", "l").Operations;
        var said = EffectChecker.CheckAppends("l", history, final);
        if (complaint is null) said.ShouldBeNull();
        else said.ShouldNotBeNull().ShouldContain(complaint);
    }
}
