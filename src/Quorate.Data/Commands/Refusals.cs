using System.Collections.Frozen;
using System.Text;
using Quorate.Data.Merging.Commands;
using Quorate.Data.Registers;

namespace Quorate.Data.Commands;

/// <summary>How the writes of a keyspace come to their effect, on which it depends what commands it has.</summary>
public enum KeyspaceKind
{
    /// <summary>All in one order: raft, primary, chain.</summary>
    Ordered,

    /// <summary>In any order, because the data merges: multileader, leaderless.</summary>
    Merging,

    /// <summary>Those of one key in one order: leaderless with consensus on.</summary>
    Agreed,
}

/// <summary>What is answered to a command that another keyspace, or Redis, has and this one has not: why, and where it can be
/// had.</summary>
public static class Refusals
{
    private const int LongestName = 32;

    private static readonly (KeyspaceKind Kind, string Strategies, Func<string, bool> Has)[] Able =
    [
        (KeyspaceKind.Agreed, "leaderless with consensus on", name =>
            name == RegisterTable.Cas.Name || RegisterTable.Functions.All.Any(c => c.Name == name)),
        (KeyspaceKind.Merging, "multileader, leaderless", name =>
            MergingTable.Keyspace.Any(c => c.Name == name && (c.MergingHandler is not null || c.Subcommands.Count > 0))),
        (KeyspaceKind.Ordered, "raft, primary, chain", name => CommandTable.Keyspace.Any(c => c.Name == name)),
    ];

    private static readonly FrozenDictionary<string, CommandSpec> Known =
        MergingTable.Keyspace.Append(RegisterTable.Cas).ToFrozenDictionary(c => c.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Commands on keys that Redis 7 has and no keyspace of this version.</summary>
    private static readonly FrozenSet<string> RedisOnly = string.Join(
        ' ',
        "blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush lpushx lrange lrem lset " +
        "ltrim rpop rpoplpush rpush rpushx",
        "sdiff sdiffstore sinter sintercard sinterstore smove spop srandmember sscan sunion sunionstore",
        "hincrbyfloat hmset hrandfield hscan hsetnx hstrlen",
        "bzmpop bzpopmax bzpopmin zcount zdiff zdiffstore zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax " +
        "zpopmin zrandmember",
        "zrangebylex zrangebyscore zrangestore zrank zremrangebylex zremrangebyrank zremrangebyscore zrevrange " +
        "zrevrangebylex zrevrangebyscore",
        "zrevrank zscan zunion zunionstore",
        "xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim",
        "geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore",
        "pfadd pfcount pfdebug pfmerge pfselftest bitfield bitfield_ro dump restore migrate sort sort_ro spublish " +
        "ssubscribe sunsubscribe")
        .Split(' ').Where(name => !Known.ContainsKey(name)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The error for a command, or for a use of one (<c>set nx</c>), that is known and that a keyspace of this kind
    /// does not have.</summary>
    public static string Of(KeyspaceKind here, string what)
    {
        var name = what.Split(' ')[0];
        var group = Known.TryGetValue(name, out var spec) ? spec.Group : "";
        var strategies = string.Join(", ", Able.Where(a => a.Kind != here && a.Has(name)).Select(a => a.Strategies));
        var where = strategies.Length == 0 ? "no strategy can do it in this version" : $"strategies that can do it: {strategies}";
        return $"ERR '{what}' {Why(here, group)}; {where}";
    }

    /// <summary>The error for a word that is no command of a keyspace of this kind; null: nor is it one anywhere else.</summary>
    public static string? OfUnknown(KeyspaceKind here, ReadOnlySpan<byte> word)
    {
        if (word.Length > LongestName) return null;
        var name = Encoding.ASCII.GetString(word).ToLowerInvariant();
        if (Known.ContainsKey(name)) return Of(here, name);
        return RedisOnly.Contains(name) ? $"ERR '{name}' is a command of Redis that this version does not have" : null;
    }

    private static string Why(KeyspaceKind here, string group) => (here, group) switch
    {
        (KeyspaceKind.Merging, _) => "needs one order of all writes, which a keyspace whose data merges does not have",
        (_, "conflict") => "is about concurrent values, and only keyspaces whose data merges have them",
        (KeyspaceKind.Agreed, "set" or "hash" or "sorted-set") =>
            $"works on a {group.Replace('-', ' ')}, and a keyspace with consensus on holds strings only: store it as a " +
            "string and replace it by CAS, or use another keyspace",
        (KeyspaceKind.Agreed, _) => "needs one order of all keys, which a keyspace with consensus on does not have",
        (_, "set" or "hash" or "sorted-set") =>
            $"works on a {group.Replace('-', ' ')}, and keyspaces with one order of all writes hold strings only in this version",
        _ => "is only for keyspaces with consensus on",
    };
}
