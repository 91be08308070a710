using System.Globalization;
using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>
/// The text of INFO: sections and fields with Redis's names, because exporters and clients parse them. Counters of things
/// that do not exist here are left out, except those that well-known readers miss.
/// </summary>
internal static class InfoText
{
    /// <summary>In the order of output. Those not in the default set come only when asked for.</summary>
    private static readonly (string Name, string Title, bool IsDefault, Action<NodeCommand, StringBuilder> Write)[] Sections =
    [
        ("server", "Server", true, Server),
        ("clients", "Clients", true, Clients),
        ("memory", "Memory", true, Memory),
        ("persistence", "Persistence", true, Persistence),
        ("stats", "Stats", true, Stats),
        ("replication", "Replication", true, ReplicationReport.Write),
        ("cpu", "CPU", true, Cpu),
        ("modules", "Modules", true, (_, _) => { }),
        ("commandstats", "Commandstats", false, (_, _) => { }),
        ("errorstats", "Errorstats", true, Errors),
        ("latencystats", "Latencystats", false, (_, _) => { }),
        ("cluster", "Cluster", true, (_, text) => Field(text, "cluster_enabled", 0)),
        ("keyspace", "Keyspace", true, Keyspace),
        ("conflicts", "Conflicts", false, Conflicts),
        ("quorate", "Quorate", false, ReplicationReport.WriteGroups),
        ("reads", "Reads", false, ReadReport.Write),
    ];

    /// <param name="command">The one that asks.</param>
    /// <param name="wanted">Names of sections in lower case, <c>default</c>, <c>all</c> or <c>everything</c>; none:
    /// default.</param>
    public static string Write(NodeCommand command, IReadOnlyList<string> wanted)
    {
        var everything = wanted.Contains("all") || wanted.Contains("everything");
        var defaults = wanted.Count == 0 || wanted.Contains("default");
        var text = new StringBuilder();
        foreach (var section in Sections)
        {
            if (!everything && !(defaults && section.IsDefault) && !wanted.Contains(section.Name)) continue;
            if (text.Length > 0) text.Append("\r\n");
            text.Append("# ").Append(section.Title).Append("\r\n");
            section.Write(command, text);
        }

        return text.ToString();
    }

    internal static void Field(StringBuilder text, string name, string value) =>
        text.Append(name).Append(':').Append(value).Append("\r\n");

    internal static void Field(StringBuilder text, string name, long value) =>
        text.Append(name).Append(':').Append(value).Append("\r\n");

    private static void Server(NodeCommand command, StringBuilder text)
    {
        var node = command.Node;
        var uptime = ClientLine.Seconds(node.StartTime, command.Now);
        Field(text, "redis_version", ServerCommands.RedisVersion);
        Field(text, "redis_mode", "standalone");
        Field(text, "server_name", "quorate");
        Field(text, "quorate_version", QuorateCommands.Version);
        Field(text, "os", node.Process.OperatingSystem ?? "unknown");
        Field(text, "arch_bits", 64);
        Field(text, "process_id", node.Process.ProcessId);
        Field(text, "run_id", NodeNames.RunId(node));
        Field(text, "tcp_port", Words.Address(node.Self.RespAddress).Port);
        Field(text, "server_time_usec", command.Now.UnixMilliseconds * 1000);
        Field(text, "uptime_in_seconds", uptime);
        Field(text, "uptime_in_days", uptime / 86400);
        Field(text, "hz", 1000 / IReplica.TickLength);
        Field(text, "executable", "");
        Field(text, "config_file", "");
    }

    private static void Clients(NodeCommand command, StringBuilder text)
    {
        Field(text, "connected_clients", command.Node.Sessions.Count());
        Field(text, "cluster_connections", 0);
        Field(text, "maxclients", ConfigTable.Find("maxclients")!.ValueOn(command.Node));
        Field(text, "blocked_clients", command.Node.Sessions.Count(s => s.IsBlocked));
        Field(text, "tracking_clients", 0);
        Field(text, "pubsub_clients", command.Node.Sessions.Count(s => s.SubscriptionCount > 0));
    }

    private static void Memory(NodeCommand command, StringBuilder text)
    {
        var process = command.Node.Process;
        var limit = long.Parse(ConfigTable.Find("maxmemory")!.ValueOn(command.Node), CultureInfo.InvariantCulture);
        Bytes("used_memory", process.UsedMemory);
        Bytes("used_memory_rss", process.ResidentMemory);
        Bytes("used_memory_peak", Math.Max(process.PeakMemory, process.UsedMemory));
        Bytes("total_system_memory", process.TotalSystemMemory);
        Bytes("used_memory_lua", 0);
        Bytes("maxmemory", limit);
        Field(text, "maxmemory_policy", ConfigTable.Find("maxmemory-policy")!.ValueOn(command.Node));
        Field(text, "mem_fragmentation_ratio", Hundredths(process.UsedMemory == 0 ? 0
            : (long)((Int128)process.ResidentMemory * 100 / process.UsedMemory)));
        Field(text, "mem_allocator", "dotnet");
        Field(text, "lazyfree_pending_objects", 0);

        void Bytes(string name, long bytes)
        {
            Field(text, name, bytes);
            Field(text, name + "_human", Human(bytes));
        }
    }

    private static void Persistence(NodeCommand command, StringBuilder text)
    {
        var durability = command.Node.Options.Durability;
        Field(text, "loading", 0);
        Field(text, "async_loading", 0);
        Field(text, "rdb_changes_since_last_save", 0);
        Field(text, "rdb_bgsave_in_progress", 0);
        Field(text, "aof_enabled", durability == Durability.Memory ? 0 : 1);
        Field(text, "aof_rewrite_in_progress", 0);
        Field(text, "aof_last_write_status", command.Node.Refusal is null ? "ok" : "err");
        Field(text, "quorate_durability", durability.ToString().ToLowerInvariant());
    }

    private static void Stats(NodeCommand command, StringBuilder text)
    {
        var s = command.Node.Statistics;
        Field(text, "total_connections_received", s.ConnectionsReceived);
        Field(text, "total_commands_processed", s.CommandsProcessed);
        Field(text, "instantaneous_ops_per_sec", s.CommandsPerSecond);
        Field(text, "total_net_input_bytes", s.NetInputBytes);
        Field(text, "total_net_output_bytes", s.NetOutputBytes);
        Field(text, "total_net_repl_input_bytes", s.PeerInputBytes);
        Field(text, "total_net_repl_output_bytes", s.PeerOutputBytes);
        Field(text, "instantaneous_input_kbps", Hundredths(s.InputBytesPerSecond * 100 / 1024));
        Field(text, "instantaneous_output_kbps", Hundredths(s.OutputBytesPerSecond * 100 / 1024));
        Field(text, "rejected_connections", s.ConnectionsRejected);
        Field(text, "expired_keys", s.ExpiredKeys);
        Field(text, "evicted_keys", 0);
        Field(text, "evicted_clients", 0);
        Field(text, "keyspace_hits", s.KeyspaceHits);
        Field(text, "keyspace_misses", s.KeyspaceMisses);
        Field(text, "pubsub_channels", command.Node.Channels.ChannelNames.Count);
        Field(text, "pubsub_patterns", command.Node.Channels.PatternCount);
        Field(text, "pubsubshard_channels", 0);
        Field(text, "latest_fork_usec", 0);
        Field(text, "total_forks", 0);
        Field(text, "total_error_replies", s.ErrorReplies);
    }

    private static void Cpu(NodeCommand command, StringBuilder text)
    {
        var process = command.Node.Process;
        Field(text, "used_cpu_sys", Seconds(process.SystemMicroseconds));
        Field(text, "used_cpu_user", Seconds(process.UserMicroseconds));
        Field(text, "used_cpu_sys_children", Seconds(0));
        Field(text, "used_cpu_user_children", Seconds(0));
    }

    private static void Errors(NodeCommand command, StringBuilder text)
    {
        foreach (var (kind, count) in command.Node.Statistics.Errors) Field(text, "errorstat_" + kind, "count=" + count);
    }

    private static void Keyspace(NodeCommand command, StringBuilder text)
    {
        foreach (var database in command.Node.Databases)
        {
            if (database.Keys == 0) continue;
            Field(text, "db" + database.Number, $"keys={database.Keys},expires={database.Expires},avg_ttl=0");
        }
    }

    private static void Conflicts(NodeCommand command, StringBuilder text)
    {
        var figures = command.Node.Conflicts;
        Field(text, "conflict_keys", figures.Keys);
        Field(text, "conflicts_seen", figures.Seen);
        Field(text, "conflict_losses", figures.Lost);
        Field(text, "merge_rule_failures", figures.RuleFailures);
        var repairs = command.Node.Repairs;
        Field(text, "stamps_refused", repairs.StampsRefused);
        Field(text, "hints_kept", repairs.HintsKept);
        Field(text, "unrepaired_age_ms", repairs.UnrepairedMilliseconds);
    }

    private static string Hundredths(long value) => $"{value / 100}.{value % 100:00}";

    private static string Seconds(long microseconds) => $"{microseconds / 1_000_000}.{microseconds % 1_000_000:000000}";

    /// <summary>Redis's short form, e.g. <c>967.09K</c>.</summary>
    private static string Human(long bytes)
    {
        if (bytes < 1024) return bytes + "B";
        var (unit, letter) = bytes switch
        {
            < 1L << 20 => (1L << 10, 'K'),
            < 1L << 30 => (1L << 20, 'M'),
            < 1L << 40 => (1L << 30, 'G'),
            _ => (1L << 40, 'T'),
        };
        return Hundredths((long)((Int128)bytes * 100 / unit)) + letter;
    }
}
