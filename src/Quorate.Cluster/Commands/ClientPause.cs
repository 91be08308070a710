using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>CLIENT PAUSE and UNPAUSE. What waits is commands on keys of clients of this node; those that the node answers itself,
/// CLIENT UNPAUSE among them, do not wait.</summary>
internal static class ClientPause
{
    private const int LongestMilliseconds = 600_000;

    public static void Begin(NodeCommand command, in CommandArgs args)
    {
        if (!Words.TryInteger(args[2], out var milliseconds))
            command.Reply.Error("ERR timeout is not an integer or out of range"u8);
        else if (milliseconds < 0) command.Reply.Error("ERR timeout is negative"u8);
        else if (milliseconds > LongestMilliseconds)
            command.Reply.Error(
                $"ERR timeout is out of range: clients are paused for at most {LongestMilliseconds} milliseconds");
        else if (args.Count > 4 || (args.Count == 4 && !Words.Is(args[3], "write") && !Words.Is(args[3], "all")))
            command.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL"u8);
        else
        {
            var until = command.Now.Nanoseconds + (milliseconds * StepTime.NanosecondsPerMillisecond);
            command.Node.BeginPause(until, readsToo: args.Count == 3 || Words.Is(args[3], "all"));
            command.Reply.Ok();
        }
    }

    public static void End(NodeCommand command, in CommandArgs args)
    {
        command.Node.EndPause();
        command.Reply.Ok();
    }
}
