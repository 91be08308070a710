using System.Buffers;
using System.Globalization;
using System.Text;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary><c>QUORUM [R n] [W n] command ...</c>: one command of a leaderless keyspace with other numbers than the
/// keyspace's.</summary>
internal static class QuorumWords
{
    public const string Name = "quorum";

    public const string Usage =
        "ERR QUORUM [R <n>] [W <n>] <command> ... takes numbers from 1 to the n of a leaderless keyspace, and a command";

    /// <summary>The command behind the words, 0 standing for what was not said. Words that make no sense here are left as they
    /// are: the command QUORUM itself then says what is wrong.</summary>
    public static CommandArgs TakeOff(Policy policy, in CommandArgs args, out int r, out int w)
    {
        (r, w) = (0, 0);
        if (!policy.Strategy.HasKeyQuorums || policy.Consensus || !Ascii.EqualsIgnoreCase(args.Name, "quorum"u8)) return args;
        var at = 1;
        for (; at + 2 < args.Count; at += 2)
        {
            if (r == 0 && Ascii.EqualsIgnoreCase(args[at], "r"u8) && TryCount(args[at + 1], policy.N, out var reads)) r = reads;
            else if (w == 0 && Ascii.EqualsIgnoreCase(args[at], "w"u8) && TryCount(args[at + 1], policy.N, out var writes))
                w = writes;
            else break;
        }

        if (at > 1) return args.From(at);
        (r, w) = (0, 0);
        return args;
    }

    /// <summary>The payload of a client's words for a replica, at the start of <paramref name="buffer"/>.</summary>
    public static int WriteEntry(
        Policy policy, ref byte[] buffer, in CommandArgs args, int protocol, StepTime now, out CommandArgs command)
    {
        command = TakeOff(policy, args, out var r, out var w);
        return WriteEntry(ref buffer, now, protocol, command, r, w);
    }

    /// <summary>The payload of a command for its replica, at the start of <paramref name="buffer"/>.</summary>
    private static int WriteEntry(ref byte[] buffer, StepTime now, int protocol, in CommandArgs command, int r, int w)
    {
        var length = EntryCodec.WriteCommand(ref buffer, now.UnixMilliseconds, 0, protocol, command);
        if (r == 0 && w == 0) return length;
        var prefixed = new ArrayBufferWriter<byte>(length + 8);
        QuorumPrefix.Write(prefixed, r, w);
        prefixed.Write(buffer.AsSpan(0, length));
        if (buffer.Length < prefixed.WrittenCount) buffer = new byte[prefixed.WrittenCount * 2];
        prefixed.WrittenSpan.CopyTo(buffer);
        return prefixed.WrittenCount;
    }

    private static bool TryCount(ReadOnlySpan<byte> text, int most, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count >= 1 && count <= most;
}
