using System.Runtime.CompilerServices;
using System.Text;
using Quorate.Replication.Guarantees;
using Quorate.Replication.Policies;

namespace Quorate.Replication.Tests;

public sealed class GuaranteeTests
{
    /// <summary>Those that docs/guarantees.md shows, with the reason to choose them.</summary>
    private static readonly (string Words, string When)[] Shown =
    [
        ("strategy raft", "The default"),
        ("strategy raft replicas 5 spread zone", "One zone may fail, and another node with it"),
        ("strategy raft durability memory", "Fast, replicated, and gone when everything stops"),
        ("strategy raft replicas 5 reads session", "Every connection sees its own writes, at the nearest replica"),
        ("strategy raft reads eventual", "Reads at the nearest replica, however far behind it is"),
        ("strategy raft replicas 5 reads voted", "Memory that goes bad is masked, found and replaced"),
        ("strategy primary", "Strong, and down to two replicas at a time"),
        ("strategy primary replicas 5 ack sync min-in-sync 3 spread zone", "Two losses at any moment"),
        ("strategy primary ack majority ship state", "Commands that are not deterministic"),
        ("strategy primary ack semisync:1", "One more copy before the answer"),
        ("strategy primary ack semisync:1 when-short degrade", "The same, but never refuse"),
        ("strategy primary ack majority reads bounded:500", "Reads at the nearest replica, half a second old at most"),
        ("strategy primary ack async", "As fast as one node, as safe as one node"),
        (
            "strategy primary delay 1:1h cascade 1",
            "A state of an hour ago to go back to, and a copy far away that costs the primary nothing"),
        ("strategy chain", "Reads at the tail"),
        ("strategy chain replicas 5 min-in-sync 2 reads craq spread region", "Linearizable reads at every replica"),
        ("strategy primary replicas 1 durability memory", "A cache"),
        ("strategy multileader spread region", "Write in every region, also when it is cut off"),
        (
            "strategy multileader replicas 4 ack semisync:1 conflicts lww",
            "Two copies in the region before the answer, and the latest string wins"),
        ("strategy leaderless", "No leader, and reads that meet writes"),
        ("strategy leaderless replicas 5 r 1 w 1", "As fast as the nearest replica, and stale reads"),
        ("strategy leaderless replicas 5 sloppy on conflicts siblings", "Never refuse a write"),
        ("strategy leaderless reads linearizable", "Reads that agree with each other, without a leader"),
        ("strategy leaderless consensus on", "Compare and set without a leader"),
    ];

    [Fact]
    public void The_document_says_what_the_guarantees_are()
    {
        var path = DocumentPath();
        if (Environment.GetEnvironmentVariable("QUORATE_REWRITE") == "1") File.WriteAllText(path, Document());
        File.ReadAllText(path).ReplaceLineEndings("\n").ShouldBe(Document(), "write it anew with QUORATE_REWRITE=1");
    }

    /// <summary>By counting instead of by formula: put a write on as few replicas as the acknowledgement allows, take
    /// nodes away in every way, and see whether the rule of the fail-over still finds it.</summary>
    [Fact]
    public void A_write_survives_exactly_the_losses_that_are_promised()
    {
        foreach (var policy in Policies.Policies
            .Sound()
            .Where(p => (p.Strategy == Strategy.Raft || p.Strategy == Strategy.Primary)
                && p.WhenShort == WhenShort.Refuse && p.Ack != Ack.Async && p.Reads == ReadConsistency.Eventual
                && p.Spread is null))
        {
            var guarantee = Guarantee.Of(policy);
            var all = (1 << policy.Replicas) - 1;
            var canLose = 0;
            for (var lost = 1; lost <= policy.Replicas; lost++)
            {
                var survives = true;
                for (var holders = 0; holders <= all && survives; holders++)
                {
                    if (int.PopCount(holders) != guarantee.CopiesWhenAcknowledged) continue;
                    for (var gone = 0; gone <= all && survives; gone++)
                        if (int.PopCount(gone) == lost) survives = (holders & ~gone) != 0;
                }

                if (!survives) break;
                canLose = lost;
            }

            guarantee.NodesLost.ShouldBe(canLose, PolicyText.Print(policy));
            (guarantee.OneNode == Survival.Always).ShouldBe(canLose >= 1, PolicyText.Print(policy));
        }
    }

    [Fact]
    public void Answers_needed_for_a_failover_meet_every_set_of_holders()
    {
        foreach (var policy in Policies.Policies
            .Sound().Where(p => p.Strategy == Strategy.Primary && p.Ack is Ack.SemiSync or Ack.Majority))
        {
            var guarantee = Guarantee.Of(policy);
            (guarantee.AnswersForFailover + guarantee.CopiesWhenAcknowledged)
                .ShouldBe(policy.Replicas + 1, PolicyText.Print(policy));
        }
    }

    [Fact]
    public void Only_what_loses_nothing_at_a_failover_reads_linearizably_through_it()
    {
        foreach (var policy in Policies.Policies.Sound())
        {
            var guarantee = Guarantee.Of(policy);
            var strong = guarantee.Reading(ReadConsistency.Linearizable) == ReadPromise.Linearizable;
            if (strong) (guarantee.Window & (LossWindow.Unshipped | LossWindow.WhileDegraded)).ShouldBe(LossWindow.None);
            if (policy is { Ack: Ack.Async, Replicas: > 1 }) strong.ShouldBeFalse(PolicyText.Print(policy));
            guarantee.ToSentences().ShouldAllBe(s => s.Length > 10 && s.EndsWith('.'));
        }
    }

    [Fact]
    public void A_wider_spread_covers_the_narrower_places()
    {
        var policy = PolicyDefaults.For(Strategy.Raft);
        Guarantee.Of(policy).Zone.ShouldBe(Survival.NotPromised);
        Guarantee.Of(policy with { Spread = "region" }).Zone.ShouldBe(Survival.Always);
        Guarantee.Of(policy with { Spread = "region" }).Region.ShouldBe(Survival.Always);
        Guarantee.Of(policy with { Spread = "region" }).Provider.ShouldBe(Survival.NotPromised);
        Guarantee.Of(policy with { Spread = "provider" }).Provider.ShouldBe(Survival.Always);
    }

    private static string Document()
    {
        var text = new StringBuilder();
        text.Append("# Guarantees\n\nQuorate computes from a policy what the policy promises "
            + "(`src/Quorate.Replication/Guarantees/Guarantee.cs`). A test writes this\n");
        text.Append("page, `GuaranteeTests.The_document_says_what_the_guarantees_are`, and fails when the page is not true "
            + "any more.\n\n");
        text.Append("\"Loss for good\" means that a node does not come back with its disk. A node that only restarts loses "
            + "nothing that it had synced.\n");
        foreach (var (words, when) in Shown)
        {
            PolicyText.TryParse(words.Split(' '), out var policy, out var why).ShouldBeTrue(why);
            PolicyCheck.Problems(policy!, BuiltParts.All).ShouldBeEmpty();
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {when}\n\n`{PolicyText.Print(policy!)}`\n\n");
            foreach (var sentence in Guarantee.Of(policy!).ToSentences()) text.Append("- ").Append(sentence).Append('\n');
        }

        return text.ToString();
    }

    private static string DocumentPath([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "guarantees.md"));
}
