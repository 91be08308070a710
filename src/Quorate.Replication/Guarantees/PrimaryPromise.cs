namespace Quorate.Replication.Guarantees;

internal sealed class PrimaryPromise : StrategyPromise
{
    public override string Available(Guarantee guarantee) => guarantee.Policy switch
    {
        { WhenShort: WhenShort.Degrade } or { Ack: Ack.Async } => "Writes are accepted as long as there is a primary.",
        { Ack: Ack.Sync } policy => "Writes are refused while fewer than "
            + $"{GuaranteeText.Count(policy.MinInSync, "replica")} are in sync.",
        { Ack: Ack.SemiSync } policy => "Writes are refused while fewer than "
            + $"{GuaranteeText.Count(policy.AckBackups, "backup")} can be reached.",
        var policy => "Writes are refused while fewer than "
            + $"{guarantee.WritersNeeded} of {policy.Replicas} replicas can be reached.",
    };

    public override string? FailOver(Guarantee guarantee) => guarantee.Policy switch
    {
        { Replicas: 1 } => null,
        { Ack: Ack.Async } => "When the primary dies, the most advanced replica that answers takes over.",
        { Ack: Ack.Sync } => "When the primary dies, a replica that is in sync takes over; while no such replica answers, "
            + "there is no primary.",
        var policy => $"When the primary dies, {guarantee.AnswersForFailover} of {policy.Replicas} replicas must answer before "
            + "the most advanced takes over; until then there is no primary.",
    };
}
