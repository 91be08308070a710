using Quorate.Data.Commands;
using Quorate.Data.Strings;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Registers;

/// <summary>
/// The commands of keyspaces that agree on each key by itself, as data: those about one key; those about several that promise
/// nothing about all of them together, which are taken apart; and all others as refused. DEL, UNLINK, EXISTS, TOUCH and MGET
/// of several keys are not atomic here, and each key is read or removed at a moment of its own.
/// </summary>
public static class RegisterTable
{
    /// <summary>Compares the value and, when it is the expected one, puts another in its place. There is none like it in
    /// Redis.</summary>
    internal static readonly CommandSpec Cas = new()
    {
        Name = "cas",
        Arity = 4,
        Flags = Write | DenyOom | Fast,
        Route = CommandRoute.Write,
        FirstKey = 1,
        LastKey = 1,
        KeyStep = 1,
        Group = "string",
        Summary = "Set the value of a key if it is the expected one; keeps the time to live. 1 when it was",
        Handler = CompareAndSet,
    };

    private static readonly string[] OfOneKey =
    [
        "get", "set", "setnx", "setex", "psetex", "getset", "getdel", "getex", "strlen", "append", "getrange", "substr",
        "setrange",
        "incr", "decr", "incrby", "decrby", "incrbyfloat", "setbit", "getbit", "bitcount", "bitpos", "type", "persist",
        "expire", "pexpire", "expireat", "pexpireat", "ttl", "pttl", "expiretime", "pexpiretime",
    ];

    private static readonly string[] Divisible = ["del", "unlink", "exists", "touch", "mget"];

    /// <summary>Every command on keyspace contents, with <see cref="Cas"/>; what is neither about one key nor divisible is
    /// refused by <see cref="RegisterMachine.CountParts"/>.</summary>
    public static IReadOnlyList<CommandSpec> Keyspace { get; } = [Cas, .. CommandTable.Keyspace];

    /// <summary>The functions from one state of a register to the next.</summary>
    internal static CommandTable Functions { get; } =
        new([Cas, .. CommandTable.Keyspace.Where(c => OfOneKey.Contains(c.Name) || Divisible.Contains(c.Name))]);

    internal static CommandTable All { get; } = new(Keyspace, KeyspaceKind.Agreed);

    /// <summary>True when it may be taken apart key by key.</summary>
    internal static bool IsDivisible(CommandSpec spec) => Divisible.Contains(spec.Name);

    private static void CompareAndSet(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFindString(args[1], out var row)) return;
        var isExpected = row != 0 && context.StringOf(row).SequenceEqual(args[2]);
        if (isExpected) context.PutString(row, args[3], StringForm.Whole);
        context.Reply.Integer(isExpected ? 1 : 0);
    }
}
