using Quorate.Cluster.Merging;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Registers;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>Where data merges: a replica takes every command as it comes, reads too, and a command may name numbers of its own
/// before it (<see cref="QuorumWords"/>).</summary>
internal sealed class MergingCommands(Policy policy) : GroupCommands(TableOf(policy))
{
    private static readonly CommandTable Registers = new(RegisterTable.Keyspace, KeyspaceKind.Agreed);

    public override ReadOnlySpan<byte> Unreached => Replies.NoReplica;

    public override string WhyLate => "not enough replicas answered in time";

    public override bool HandsOnReads => true;

    /// <inheritdoc/>
    /// <remarks>Null as well for the words of QUORUM alone: the command of that name says what is wrong with them.</remarks>
    public override CommandSpec? Find(in CommandArgs args, out CommandArgs command)
    {
        command = TakeOff(args);
        return Find(command) is { } spec && spec.Name != QuorumWords.Name ? spec : null;
    }

    public override CommandArgs TakeOff(in CommandArgs args) => QuorumWords.TakeOff(policy, args, out _, out _);

    public override bool IsHandedOn(CommandSpec spec, in ReadRule rule) => true;

    public override ReadOnlySpan<byte> OfFailure(in Outcome outcome, bool isRead) => Replies.OfMerging(outcome, isRead);

    private static CommandTable TableOf(Policy policy) => policy.Consensus ? Registers : MergingMachine.Commands;
}
