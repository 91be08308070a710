namespace Quorate.Simulation.Merging;

/// <summary>What the keys of a merging keyspace's workload are, by the first word of their names, and how to read what one holds
/// as a set of unique texts.</summary>
internal static class KeyKinds
{
    /// <summary>A field that is only ever added to; its value is no text of anybody's.</summary>
    public const string Sum = "sum";

    public static string Of(string key) => key[..Math.Max(0, key.IndexOf(':', StringComparison.Ordinal))];

    /// <summary>The command that shows all of a key; null for keys that are not looked at value by value.</summary>
    public static string[]? ReadOf(string key) => Of(key) switch
    {
        "set" => ["SMEMBERS", key],
        "register" or "ttl" => ["SIBLINGS", key],
        "hash" => ["HGETALL", key],
        "zset" => ["ZRANGE", key, "0", "-1", "WITHSCORES"],
        "counter" or "reset" => ["GET", key],
        _ => null,
    };

    public static bool IsSum(string key) => Of(key) is "counter" or "reset";

    public static bool IsRead(string command) =>
        command is "SMEMBERS"
            or "SISMEMBER" or "SCARD" or "SIBLINGS" or "HGETALL" or "HGET" or "ZRANGE" or "ZSCORE" or "GET" or "EXISTS" or "TTL"
            or "LOSSES";

    /// <summary>The texts in the reply to <see cref="ReadOf"/>: members, values, or <c>field=value</c>.</summary>
    public static HashSet<string> Values(string key, string? reply)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        var lines = (reply ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        switch (Of(key))
        {
            case "set":
                values.UnionWith(lines);
                break;
            case "register" or "ttl":
                // The context, then a line "string" before each value.
                for (var i = 2; i < lines.Length; i += 2) values.Add(lines[i]);
                break;
            case "hash" or "zset":
                for (var i = 0; i + 1 < lines.Length; i += 2)
                    if (lines[i] != Sum) values.Add($"{lines[i]}={lines[i + 1]}");
                break;
        }

        return values;
    }

    /// <summary>The unique text that a write adds; null: it adds none.</summary>
    public static string? Added(IReadOnlyList<string> words) => words[0] switch
    {
        "SADD" or "SET" => words[2],
        "HSET" => $"{words[2]}={words[3]}",
        "ZADD" => $"{words[3]}={words[2]}",
        _ => null,
    };

    /// <summary>The words without QUORUM before them.</summary>
    public static IReadOnlyList<string> Bare(IReadOnlyList<string> words) => words[0] == "QUORUM" ? [.. words.Skip(5)] : words;
}
