using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>
/// ROLE, WAIT, WAITAOF and the commands with which Redis is told who follows whom. What an acknowledged write survives is the
/// keyspace's policy's affair; WAIT answers how many hold it now: the number known, never one that is hoped for.
/// </summary>
internal static class ReplicationCommands
{
    private const CommandFlags Operator = Admin | NoScript | Stale;
    private const string Refusal =
        " is not used here: a keyspace's policy decides which nodes hold it (KEYSPACE ALTER <name> REPLICAS <n>, "
        + "NODE DRAIN <node>), and FAILOVER changes its leader";

    private const string ReplicaStream = " is not served: a Redis replica cannot follow this server; "
        + "add a node to the cluster instead";

    public static readonly NodeCommandEntry[] Entries =
    [
        Command("role", 1, NoScript | Loading | Stale | Fast, "server", "2.8.12",
            "Answers whether the node leads the keyspace, and which replicas follow it", Role),
        Command("wait", 3, NoScript, "generic", "3.0.0",
            "Waits until replicas hold the connection's last write", Wait),
        Command("waitaof", 4, NoScript, "generic", "7.2.0",
            "Waits until the connection's last write is on stable storage", WaitAof),
        Command("replicaof", 3, Operator | NoAsyncLoading, "server", "5.0.0", "Refused",
            Refuse("ERR REPLICAOF" + Refusal)),
        Command("slaveof", 3, Operator | NoAsyncLoading, "server", "1.0.0", "Refused", Refuse("ERR SLAVEOF" + Refusal)),
        Command(
            "failover", -1, Operator, "server", "6.2.0", "Lets another replica lead the selected keyspace",
            FailoverCommand.Execute),
        Command("psync", -3, Admin | NoScript | NoAsyncLoading | NoMulti, "server", "2.8.0", "Refused",
            Refuse("ERR PSYNC" + ReplicaStream)),
        Command("sync", 1, Admin | NoScript | NoAsyncLoading | NoMulti, "server", "1.0.0", "Refused",
            Refuse("ERR SYNC" + ReplicaStream)),
        Command("replconf", -1, Admin | NoScript | Loading | Stale | AllowBusy, "server", "3.0.0", "Refused",
            Refuse("ERR REPLCONF" + ReplicaStream)),
    ];

    /// <summary>True when this node leads the keyspace that the session has selected.</summary>
    public static bool Leads(NodeCommand command) =>
        command.Node.GroupOf(command.Session).Leader == command.Node.Self.Id;

    private static void Role(NodeCommand command, in CommandArgs args)
    {
        var (node, reply) = (command.Node, command.Reply);
        var group = node.GroupOf(command.Session);
        if (group.Leader == node.Self.Id)
        {
            var online = group.Followers.Where(ReplicationReport.IsOnline).ToArray();
            reply.Array(3);
            reply.Bulk("master"u8);
            reply.Integer(group.LastIndex.Value);
            reply.Array(online.Length);
            foreach (var follower in online)
            {
                var (host, port) = Words.Address(node.Members.FirstOrDefault(m => m.Id == follower.Node)?.RespAddress ?? "");
                reply.Array(3);
                reply.Bulk(host);
                reply.BulkInteger(port);
                reply.BulkInteger(follower.MatchIndex.Value);
            }

            return;
        }

        var feeder = group.Source.IsNone ? group.Leader : group.Source;
        var leader = node.Members.FirstOrDefault(m => m.Id == feeder);
        var (leaderHost, leaderPort) = leader is null ? ("", 0) : Words.Address(leader.RespAddress);
        reply.Array(5);
        reply.Bulk("slave"u8);
        reply.Bulk(leaderHost);
        reply.Integer(leaderPort);
        reply.Bulk(leader is null ? "connect"u8 : "connected"u8);
        reply.Integer(group.LastApplied.Value);
    }

    private static void Wait(NodeCommand command, in CommandArgs args)
    {
        if (!TryCount(command, args[1], long.MinValue, long.MaxValue, out var replicas)) return;
        if (!TryTimeout(command, args[2], out var timeout)) return;
        Start(command, "WAIT", timeout, (holders, last) =>
        {
            if (holders.Replicas < replicas && !last) return false;
            command.Reply.Integer(holders.Replicas);
            return true;
        });
    }

    private static void WaitAof(NodeCommand command, in CommandArgs args)
    {
        if (!TryCount(command, args[1], 0, 1, out var local)) return;
        if (!TryCount(command, args[2], 0, long.MaxValue, out var replicas)) return;
        if (!TryTimeout(command, args[3], out var timeout)) return;
        var durability = command.Node.DurabilityOf(command.Session);
        var synced = durability == Durability.Fsync;
        if (local > 0 && durability == Durability.Memory)
        {
            command.Reply.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8);
            return;
        }

        Start(command, "WAITAOF", timeout, (holders, last) =>
        {
            // Without fdatasync the node does not know what is on stable storage, so nothing is claimed to be.
            var here = synced && holders.Locally ? 1 : 0;
            var elsewhere = synced ? holders.Replicas : 0;
            if ((here < local || elsewhere < replicas) && !last) return false;
            command.Reply.Array(2);
            command.Reply.Integer(here);
            command.Reply.Integer(elsewhere);
            return true;
        });
    }

    /// <summary>Answers at once if it can, else waits. A node that does not lead may know no count; then it says so in the
    /// words in which a Redis replica does.</summary>
    private static void Start(
        NodeCommand command, string name, long timeoutMilliseconds, Func<WriteHolders, bool, bool> tryAnswer)
    {
        // All that this session was answered is applied by now; what others write meanwhile is not waited for.
        (GroupId, LogIndex)[] applied = [.. command.Node.GroupsOf(command.Session).Select(g => (g.Group, g.LastApplied))];
        if (Attempt()) return;
        var deadline = timeoutMilliseconds == 0 ? long.MaxValue
            : command.Now.Nanoseconds + (timeoutMilliseconds * StepTime.NanosecondsPerMillisecond);
        command.WaitUntil(deadline, Attempt);

        bool Attempt()
        {
            var holders = command.Node.HoldersUpTo(command.Session, applied);
            if (holders.IsKnown) return tryAnswer(holders, command.TimedOut);
            command.Reply.Error($"ERR {name} cannot be used with replica instances: this node does not lead the keyspace and "
                + "does not know which nodes hold the write; KEYSPACE SHOW says what an acknowledged write survives");
            return true;
        }
    }

    private static bool TryCount(NodeCommand command, ReadOnlySpan<byte> word, long least, long most, out long count)
    {
        if (!Words.TryInteger(word, out count))
        {
            CommandErrors.NotAnInteger(command.Reply);
            return false;
        }

        if (count >= least && count <= most) return true;
        command.Reply.Error(
            $"ERR value is out of range, must be {(most < long.MaxValue ? $"between {least} and {most}" : "positive")}");
        return false;
    }

    private static bool TryTimeout(NodeCommand command, ReadOnlySpan<byte> word, out long milliseconds)
    {
        if (!Words.TryInteger(word, out milliseconds))
        {
            command.Reply.Error("ERR timeout is not an integer or out of range"u8);
            return false;
        }

        if (milliseconds < 0)
        {
            command.Reply.Error("ERR timeout is negative"u8);
            return false;
        }

        if (milliseconds > (long.MaxValue - command.Now.Nanoseconds) / StepTime.NanosecondsPerMillisecond)
        {
            command.Reply.Error("ERR timeout is out of range"u8);
            return false;
        }

        return true;
    }
}
