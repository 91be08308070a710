using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>The hunt for canaries must not call a canary caught for a wrong reason.</summary>
public sealed class CanaryHuntTests
{
    [Fact]
    public void A_canary_is_caught_in_the_first_seed_in_which_its_checker_finds_something() =>
        Hunt(seed => seed == 3 ? "a log differs" : null, seed => seed == 3 ? null : throw new InvalidOperationException());

    [Fact]
    public void What_another_checker_finds_does_not_count() =>
        Should.Throw<ShouldAssertException>(() => Hunt(_ => "a read is old")).Message.ShouldContain("by another checker than");

    [Fact]
    public void A_seed_that_fails_with_sound_rules_too_does_not_count() =>
        Should.Throw<ShouldAssertException>(() => Hunt(_ => "a log differs", _ => "a log differs"));

    [Fact]
    public void A_canary_that_nothing_notices_fails() => Should.Throw<Exception>(() => Hunt(_ => null));

    [Fact]
    public void Only_checkers_find_something()
    {
        CanaryHunt.WordsOf(() => { }).ShouldBeNull();
        CanaryHunt.WordsOf(() => 1.ShouldBe(2, "a log differs")).ShouldNotBeNull().ShouldContain("a log differs");
        CanaryHunt.WordsOf(() => Invariant.Require(false, "a log differs")).ShouldNotBeNull().ShouldStartWith("a log differs");
        CanaryHunt.WordsOf(() => throw new RunFailure("seed 1", new InvariantViolation("a log"))).ShouldBe("a log");
        Should.Throw<RunFailure>(() => CanaryHunt.WordsOf(() => throw new RunFailure("seed 1", new FormatException())));
        Should.Throw<FormatException>(() => CanaryHunt.WordsOf(() => throw new FormatException()));
    }

    private static void Hunt(Func<ulong, string?> broken, Func<ulong, string?>? sound = null) =>
        CanaryHunt.Catch("logs", CanaryHunt.Seeds(5), broken, sound ?? (_ => null), "a log differs");
}
