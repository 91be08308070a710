using System.Text;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary>Tells clients that subscribed on this node to <c>__conflicts__:&lt;keyspace&gt;</c> of every key that comes into
/// conflict here. A conflict is news on every replica, and on each once.</summary>
internal static class ConflictNews
{
    public const string Prefix = "__conflicts__:";

    /// <summary>True for <c>CONFLICTS WATCH</c>.</summary>
    public static bool IsWatch(in CommandArgs args) =>
        args.Count == 2 && Ascii.EqualsIgnoreCase(args[0], "conflicts"u8) && Ascii.EqualsIgnoreCase(args[1], "watch"u8);

    public static byte[] ChannelOf(string? keyspace) => Encoding.UTF8.GetBytes(Prefix + keyspace);
}
