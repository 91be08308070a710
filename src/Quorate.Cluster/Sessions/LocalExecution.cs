using Quorate.Cluster.Commands;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Merging;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>
/// What a session's node answers by itself: its own commands, and the errors of those that go nowhere. A command may
/// wait (WAIT); then the session's later replies wait behind it.
/// </summary>
internal sealed class LocalExecution(ClientSession session)
{
    private NodeCommand? _waiting;

    public bool IsWaiting => _waiting is not null;

    public void Run(in CommandArgs args, StepTime now)
    {
        if (NodeCommandTable.Find(args.Name) is not { } entry)
        {
            if (session.Keyspace.Commands.HandsOnReads && ConflictNews.IsWatch(args)) Watch(now);
            else Refuse(args, now);
            return;
        }

        Execute(entry, args, now);
    }

    private void Execute(NodeCommandEntry entry, in CommandArgs args, StepTime now)
    {
        var command = new NodeCommand(session.State, session.Node.View, session.Output);
        NodeCommandTable.Execute(entry, command, args, now);
        session.Output.Protocol = session.State.Protocol;
        if (command.IsWaiting) _waiting = command;
    }

    /// <summary>True when the command that waited is answered now.</summary>
    public bool TryContinue(StepTime now)
    {
        if (!_waiting!.TryAnswer(now)) return false;
        _waiting = null;
        return true;
    }

    /// <summary>The same as to subscribe to the channel of the keyspace's conflicts.</summary>
    private void Watch(StepTime now)
    {
        var name = "subscribe"u8;
        var channel = ConflictNews.ChannelOf(session.Node.View.KeyspaceOf(session.State)?.Name);
        byte[] words = [.. name, .. channel];
        ReadOnlySpan<ArgRange> ranges = [new(0, name.Length), new(name.Length, channel.Length)];
        Execute(NodeCommandTable.Find(name)!, new CommandArgs(words, ranges), now);
    }

    private void Refuse(in CommandArgs args, StepTime now)
    {
        var (node, output) = (session.Node, session.Output);
        var start = output.Length;
        var command = session.Keyspace.Commands.TakeOff(args);
        var spec = session.Keyspace.Commands.Table.Resolve(command, output); // says what is wrong with the words, if anything
        if (spec is null) Invariant.Require(output.Length > start, "a command that is not found is answered with an error");
        else if (session.State.IsSubscriberOnly) CommandErrors.NotWhileSubscribed(output, spec.Name);
        else if (node.Refusal is null && !session.HasKeyspace)
            output.Error("ERR the selected keyspace was dropped: SELECT another"u8);
        else if (node.Refusal is null && spec.Name == QuorumWords.Name) output.Error(QuorumWords.Usage);
        else if (node.Refusal is null && Routing.Of(session.Keyspace, spec, command) is null)
            CommandErrors.SeveralGroups(output, spec);
        else output.Error(node.Refusal ?? "ERR this command has no handler");
        if (session.State.BeginCommand(spec?.Name ?? "NULL", now)) output.Truncate(start);
        else node.Statistics.CountError(output.Written.Span[(start + 1)..]);
    }
}
