using Quorate.Cluster.Reads;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>Where writes have one order: they go through the log, and reads are executed on a state that their rule allows, but
/// for those on which all replicas vote.</summary>
internal sealed class OrderedCommands : GroupCommands
{
    private OrderedCommands()
        : base(new CommandTable(CommandTable.Keyspace))
    {
    }

    public static OrderedCommands Instance { get; } = new();

    public override ReadOnlySpan<byte> Unreached => Replies.NoLeader;

    public override string WhyLate => "no majority answered in time";

    public override bool HandsOnReads => false;

    public override bool IsHandedOn(CommandSpec spec, in ReadRule rule) =>
        spec.Route == CommandRoute.Write || VotedReads.AreFor(rule, spec);

    public override ReadOnlySpan<byte> OfFailure(in Outcome outcome, bool isRead) => Replies.OfWrite(outcome);
}
