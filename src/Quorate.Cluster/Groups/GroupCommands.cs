using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>The commands of a keyspace: which there are, which of them are handed to a replica and which the session executes
/// itself, and what a client is told whose command failed. The same for all groups of a keyspace. Immutable.</summary>
internal abstract class GroupCommands(CommandTable table)
{
    private static readonly RespWriter Discarding = RespWriter.Discarding();

    public CommandTable Table { get; } = table;

    /// <summary>What a client is told whose command was not executed because no replica could be reached.</summary>
    public abstract ReadOnlySpan<byte> Unreached { get; }

    /// <summary>Why a command that was handed on has no outcome in time.</summary>
    public abstract string WhyLate { get; }

    /// <summary>A replica executes what it is handed as it comes, reads too.</summary>
    public abstract bool HandsOnReads { get; }

    /// <summary>The command, or the subcommand, that the words name; null when there is none or their number is wrong.</summary>
    /// <param name="args">The words.</param>
    /// <param name="command">The words without what stands before the command.</param>
    public virtual CommandSpec? Find(in CommandArgs args, out CommandArgs command)
    {
        command = args;
        return Find(args);
    }

    /// <summary>The same where nothing stands before the command.</summary>
    public CommandSpec? Find(in CommandArgs args)
    {
        if (!Table.TryFind(args.Name, out var spec)) return null;
        return spec.Subcommands.Count == 0 ? spec : Table.Resolve(args, Discarding);
    }

    /// <summary>The words of the command itself.</summary>
    public virtual CommandArgs TakeOff(in CommandArgs args) => args;

    /// <summary>False: the session executes it itself, once its rule allows that.</summary>
    public abstract bool IsHandedOn(CommandSpec spec, in ReadRule rule);

    /// <summary>What the client is told of a command that no replica executed, as far as is known.</summary>
    public abstract ReadOnlySpan<byte> OfFailure(in Outcome outcome, bool isRead);
}
