using Quorate.Cluster.Control;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds], of the keyspace that the session has selected. OK
/// means that it is under way, as in Redis.</summary>
internal static class FailoverCommand
{
    private const int LongestTimeoutMilliseconds = 600_000;

    public static void Execute(NodeCommand command, in CommandArgs args)
    {
        if (ControlQuestions.Map(command) is null) return;
        var (target, timeout, isForced, isAborted) = (NodeId.None, 0L, false, false);
        for (var i = 1; i < args.Count; i++)
        {
            if (Words.Is(args[i], "abort") && args.Count == 2) isAborted = true;
            else if (Words.Is(args[i], "force")) isForced = true;
            else if (Words.Is(args[i], "timeout") && i + 1 < args.Count)
            {
                if (!Words.TryInteger(args[++i], out timeout) || timeout is < 1 or > LongestTimeoutMilliseconds)
                {
                    command.Reply.Error($"ERR FAILOVER timeout must be greater than 0, and at most {LongestTimeoutMilliseconds}");
                    return;
                }
            }
            else if (Words.Is(args[i], "to") && i + 2 < args.Count)
            {
                if (!TryFind(command, Words.Text(args[i + 1]), Words.Text(args[i + 2]), out target)) return;
                i += 2;
            }
            else
            {
                CommandErrors.Syntax(command.Reply);
                return;
            }
        }

        if (isForced && (timeout == 0 || target.IsNone))
            command.Reply.Error("ERR FAILOVER with force option requires both a timeout and target HOST and IP."u8);
        else if (command.Node.KeyspaceOf(command.Session) is not { } keyspace)
            command.Reply.Error("ERR the selected keyspace was dropped: SELECT another"u8);
        else
        {
            var next = isAborted ? Supervisor.NoMore : target;
            var (patience, deposes) = ((int)timeout, timeout == 0 || isForced);
            ControlQuestions.AskForEach(command, keyspace, group => command.Node.AskFailover(group, next, patience, deposes));
        }
    }

    private static bool TryFind(NodeCommand command, string host, string port, out NodeId node)
    {
        node = NodeId.None;
        foreach (var member in command.Node.Members)
        {
            var (itsHost, itsPort) = Words.Address(member.RespAddress);
            if (itsHost == host && itsPort.ToString(System.Globalization.CultureInfo.InvariantCulture) == port) node = member.Id;
        }

        if (!node.IsNone) return true;
        command.Reply.Error("ERR FAILOVER target HOST and PORT is not a replica."u8);
        return false;
    }
}
