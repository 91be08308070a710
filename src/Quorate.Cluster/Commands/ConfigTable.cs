using Quorate.Replication;
using static Quorate.Cluster.Commands.ConfigKind;

namespace Quorate.Cluster.Commands;

/// <summary>
/// The parameters that CONFIG knows. Each tells what is true of this node in Redis's terms: clients and exporters read
/// them to find out how to behave. What has no meaning here has the value that switches it off.
/// </summary>
internal static class ConfigTable
{
    /// <summary>Whether clients of a keyspace are disconnected when this node ceases to lead it. No unless it is asked for: any
    /// node takes any command, so the connection of an old leader goes on working.</summary>
    public const string CloseOnDemotion = "close-clients-on-demotion";

    /// <summary>In alphabetical order.</summary>
    public static readonly IReadOnlyList<ConfigParameter> All =
    [
        .. new ConfigParameter[]
        {
            new("appendfsync", Text, node => node.Options.Durability == Durability.Fsync ? "always" : "no"),
            new("appendonly", YesNo, node => node.Options.Durability == Durability.Memory ? "no" : "yes"),
            Fixed("activerehashing", YesNo, "yes"),
            new("bind", Text, node => Words.Address(node.Self.RespAddress).Host),
            Fixed("cluster-enabled", YesNo, "no"),
            Fixed("client-query-buffer-limit", Memory, "1073741824"),
            Settable(CloseOnDemotion, YesNo, "no"),
            Fixed("daemonize", YesNo, "no"),
            new("databases", Integer, node => node.DatabaseCount.ToString()),
            Fixed("dir", Text, ""),
            Fixed("hz", Integer, "10"),
            Fixed("latency-monitor-threshold", Integer, "0"),
            Settable("loglevel", Text, "notice"),
            Fixed("lua-time-limit", Integer, "5000"),
            Fixed("busy-reply-threshold", Integer, "5000"),
            Settable("maxclients", Integer, "10000"),
            Settable("maxmemory", Memory, "0"),
            Fixed("maxmemory-policy", Text, "noeviction"),
            Fixed("maxmemory-samples", Integer, "5"),
            Fixed("min-replicas-max-lag", Integer, "10"),
            Fixed("min-replicas-to-write", Integer, "0"),
            Fixed("notify-keyspace-events", Text, ""),
            new("port", Integer, node => Words.Address(node.Self.RespAddress).Port.ToString()),
            Fixed("proto-max-bulk-len", Memory, "536870912"),
            // Every node takes writes and sends them to the leader, so a client need not look for the one that does.
            Fixed("replica-read-only", YesNo, "no"),
            Fixed("replica-serve-stale-data", YesNo, "no"),
            Fixed("requirepass", Text, ""),
            Fixed("save", Text, ""),
            Fixed("slave-read-only", YesNo, "no"),
            Fixed("slowlog-log-slower-than", Text, "-1"),
            Fixed("slowlog-max-len", Integer, "128"),
            Settable("tcp-keepalive", Integer, "300"),
            Settable("timeout", Integer, "0"),
            Fixed("tls-port", Integer, "0"),
            Fixed("unixsocket", Text, ""),
        }.OrderBy(parameter => parameter.Name, StringComparer.Ordinal),
    ];

    public static ConfigParameter? Find(string name) =>
        All.FirstOrDefault(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static ConfigParameter Fixed(string name, ConfigKind kind, string value) => new(name, kind, _ => value);

    private static ConfigParameter Settable(string name, ConfigKind kind, string value) => new(name, kind, _ => value, true);
}
