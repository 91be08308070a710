using Quorate.Data.Commands;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>A command as COMMAND INFO and COMMAND DOCS show it, in the shape that Redis 7 gives it.</summary>
internal static class CommandDescription
{
    /// <summary>One element of COMMAND: name, arity, flags, key positions, categories, tips, key specifications,
    /// subcommands. Tips are hints to proxies about several shards; there are none to give.</summary>
    public static void WriteShape(RespWriter reply, CommandSpec spec)
    {
        reply.Array(10);
        reply.Bulk(spec.Name);
        reply.Integer(spec.Arity);
        WriteSet(reply, [.. spec.FlagNames()]);
        reply.Integer(spec.FirstKey);
        reply.Integer(spec.LastKey);
        reply.Integer(spec.KeyStep);
        WriteSet(reply, CategoriesOf(spec));
        reply.Set(0);
        WriteKeySpecifications(reply, spec);
        reply.Set(spec.Subcommands.Count);
        foreach (var subcommand in spec.Subcommands) WriteShape(reply, subcommand);
    }

    /// <summary>The value that COMMAND DOCS maps a name to.</summary>
    public static void WriteDocumentation(RespWriter reply, CommandSpec spec)
    {
        reply.Map(spec.Subcommands.Count > 0 ? 5 : 4);
        reply.Bulk("summary"u8);
        reply.Bulk(spec.Summary);
        reply.Bulk("since"u8);
        reply.Bulk(spec.Since);
        reply.Bulk("group"u8);
        reply.Bulk(spec.Group);
        reply.Bulk("complexity"u8);
        reply.Bulk(spec.Complexity);
        if (spec.Subcommands.Count == 0) return;
        reply.Bulk("subcommands"u8);
        reply.Map(spec.Subcommands.Count);
        foreach (var subcommand in spec.Subcommands)
        {
            reply.Bulk(subcommand.Name);
            WriteDocumentation(reply, subcommand);
        }
    }

    /// <summary>What the command does to its keys. The table does not tell overwriting from updating, so a write claims
    /// both.</summary>
    public static void WriteKeyFlags(RespWriter reply, CommandSpec spec) =>
        WriteSet(reply, (spec.Flags & CommandFlags.ReadOnly) != 0 ? ["RO", "access"] : ["RW", "access", "update"]);

    /// <summary>The access categories that follow from flags and group, as Redis derives them.</summary>
    public static string[] CategoriesOf(CommandSpec spec)
    {
        var categories = new List<string>();
        Add(CommandFlags.Write, "@write");
        if (spec.Group != "scripting") Add(CommandFlags.ReadOnly, "@read");
        Add(CommandFlags.Admin, "@admin");
        Add(CommandFlags.Admin, "@dangerous");
        Add(CommandFlags.PubSub, "@pubsub");
        Add(CommandFlags.Blocking, "@blocking");
        categories.Add((spec.Flags & CommandFlags.Fast) != 0 ? "@fast" : "@slow");
        if (CategoryOfGroup(spec.Group) is { } category && !categories.Contains(category)) categories.Add(category);
        return [.. categories];

        void Add(CommandFlags flag, string name)
        {
            if ((spec.Flags & flag) != 0) categories.Add(name);
        }
    }

    private static string? CategoryOfGroup(string group) => group switch
    {
        "generic" => "@keyspace",
        "sorted-set" => "@sortedset",
        "transactions" => "@transaction",
        "server" or "cluster" or "pubsub" or "quorate" or "" => null,
        _ => "@" + group,
    };

    private static void WriteKeySpecifications(RespWriter reply, CommandSpec spec)
    {
        if (spec.FirstKey == 0)
        {
            reply.Set(0);
            return;
        }

        reply.Set(1);
        reply.Map(3);
        reply.Bulk("flags"u8);
        WriteKeyFlags(reply, spec);
        reply.Bulk("begin_search"u8);
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk("index"u8);
        reply.Bulk("spec"u8);
        reply.Map(1);
        reply.Bulk("index"u8);
        reply.Integer(spec.FirstKey);
        reply.Bulk("find_keys"u8);
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk("range"u8);
        reply.Bulk("spec"u8);
        reply.Map(3);
        reply.Bulk("lastkey"u8);
        reply.Integer(spec.LastKey < 0 ? spec.LastKey : spec.LastKey - spec.FirstKey);
        reply.Bulk("keystep"u8);
        reply.Integer(spec.KeyStep);
        reply.Bulk("limit"u8);
        reply.Integer(0);
    }

    private static void WriteSet(RespWriter reply, string[] names)
    {
        reply.Set(names.Length);
        foreach (var name in names) reply.Simple(Words.Bytes(name));
    }
}
