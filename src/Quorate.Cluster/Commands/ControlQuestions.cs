using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>How commands that change the cluster's map ask the control group's leader and wait for what it says.</summary>
internal static class ControlQuestions
{
    /// <summary>The map; null, and the client is told, when there is none.</summary>
    public static ClusterMap? Map(NodeCommand command)
    {
        if (command.Node.Map is { IsKnown: true } map) return map;
        if (command.Node.Map is not null) CommandErrors.MapUnknown(command.Reply);
        else command.Reply.Error("ERR this node runs without a control plane: it has only the numbered databases"u8);
        return null;
    }

    public static void Ask(NodeCommand command, ControlCommand question) => Await(command, command.Node.AskControl(question));

    /// <summary>Asks for one thing for each group of a keyspace, and answers the client when all are done or refused.</summary>
    /// <param name="command">The command that asks.</param>
    /// <param name="keyspace">Whose groups.</param>
    /// <param name="ask">Asks for one group; gives the ticket.</param>
    public static void AskForEach(NodeCommand command, KeyspaceEntry keyspace, Func<GroupId, long> ask) =>
        Await(command, [.. keyspace.Groups.Select(ask)], null);

    /// <summary>Answers the client when the control leader has answered, or when it is too late. What was done is known to this
    /// node before its client hears of it, so that the next command finds it.</summary>
    /// <param name="command">The command that asked.</param>
    /// <param name="ticket">What the question was answered with.</param>
    /// <param name="done">Writes the reply when it was done; null: OK.</param>
    public static void Await(NodeCommand command, long ticket, Action? done = null) => Await(command, [ticket], done);

    private static void Await(NodeCommand command, long[] tickets, Action? done)
    {
        var answers = new ControlAnswer?[tickets.Length];
        if (Attempt()) return;
        command.WaitUntil(
            command.Now.Nanoseconds + (command.Node.Options.RequestTimeoutMilliseconds * StepTime.NanosecondsPerMillisecond),
            Attempt);

        bool Attempt()
        {
            for (var i = 0; i < tickets.Length; i++) answers[i] ??= command.Node.TryTakeAnswer(tickets[i], command.TimedOut);
            if (!command.TimedOut && !Array.TrueForAll(answers, IsKnownHere)) return false;
            if (Array.Find(answers, a => a?.Refusal is not null) is { Refusal: { } why }) command.Reply.Error(why);
            else if (Array.Exists(answers, a => a is null))
                command.Reply.Error("UNCERTAIN the control group did not answer in time: check whether the change was made"u8);
            else if (done is not null) done();
            else command.Reply.Ok();
            return true;
        }

        bool IsKnownHere(ControlAnswer? answer) =>
            answer is not null && (answer.Refusal is not null || command.Node.Map!.Version >= answer.MapVersion);
    }
}
