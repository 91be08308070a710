using Quorate.Cluster.Control;
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
        else command.Reply.Error("ERR this node runs without a control plane: the numbered databases are all there is"u8);
        return null;
    }

    public static void Ask(NodeCommand command, ControlCommand question) => Await(command, command.Node.AskControl(question));

    /// <summary>Answers the client when the control leader has answered, or when it is too late. What was done is known to this node
    /// before its client hears of it, so that the next command finds it.</summary>
    /// <param name="command">The command that asked.</param>
    /// <param name="ticket">What the question was answered with.</param>
    /// <param name="done">Writes the reply when it was done; null: OK.</param>
    public static void Await(NodeCommand command, long ticket, Action? done = null)
    {
        ControlAnswer? answer = null;
        if (Attempt()) return;
        command.WaitUntil(command.Now.Nanoseconds + (command.Node.Options.RequestTimeoutMilliseconds * StepTime.NanosecondsPerMillisecond), Attempt);

        bool Attempt()
        {
            answer ??= command.Node.TryTakeAnswer(ticket, command.TimedOut);
            var isKnownHere = answer is not null && (answer.Refusal is not null || command.Node.Map!.Version >= answer.MapVersion);
            if (!isKnownHere && !command.TimedOut) return false;
            if (answer is null) command.Reply.Error("UNCERTAIN the control group did not answer in time: look whether it was done"u8);
            else if (answer.Refusal is { } why) command.Reply.Error(why);
            else if (done is not null) done();
            else command.Reply.Ok();
            return true;
        }
    }
}
