using System.Buffers.Binary;
using System.Text;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Commands;

/// <summary>Finds commands by name, in any case and without allocating. Immutable, so any thread may use it.</summary>
public sealed class CommandTable
{
    private readonly record struct PackedName(ulong Low, ulong High);

    private struct Entry
    {
        public PackedName Name;
        public CommandSpec? Spec;
    }

    private const int LongestName = 16;
    private const ulong Mixer = 0x9E3779B97F4A7C15;

    private readonly CommandSpec[] _all;
    private readonly Entry[] _entries;
    private readonly int _shift;
    private readonly KeyspaceKind _kind;

    /// <param name="commands">All that there are.</param>
    /// <param name="kind">Of the keyspaces that have them: errors say which others have more.</param>
    /// <exception cref="InvariantViolation">when two commands have one name, or a name is longer than 16 bytes.</exception>
    public CommandTable(IEnumerable<CommandSpec> commands, KeyspaceKind kind = KeyspaceKind.Ordered)
    {
        _kind = kind;
        _all = [.. commands.OrderBy(c => c.Name, StringComparer.Ordinal)];
        var bits = 4;
        while (1 << bits < _all.Length * 4) bits++;
        _shift = 64 - bits;
        _entries = new Entry[1 << bits];
        foreach (var spec in _all)
        {
            Invariant.Require(
                TryPack(Encoding.ASCII.GetBytes(spec.Name), out var name), "a command's name has 1 to 16 bytes");
            var i = Home(name);
            for (; _entries[i].Spec is not null; i = (i + 1) & (_entries.Length - 1))
                Invariant.Require(_entries[i].Name != name, "a command is in the table once");
            _entries[i] = new Entry { Name = name, Spec = spec };
        }
    }

    /// <summary>Ordered by name.</summary>
    public IReadOnlyList<CommandSpec> All => _all;

    /// <summary>The commands on keyspace contents; the node adds its own.</summary>
    public static IReadOnlyList<CommandSpec> Keyspace { get; } =
    [
        .. DataTypes.Shipped.Commands, .. Keys.Commands, .. KeyCopies.Commands, .. Expiry.Commands, .. Scan.Commands,
        .. Objects.Commands, .. Databases.Commands,
    ];

    public bool TryFind(ReadOnlySpan<byte> name, out CommandSpec spec)
    {
        if (TryPack(name, out var packed))
        {
            for (var i = Home(packed); ; i = (i + 1) & (_entries.Length - 1))
            {
                ref var entry = ref _entries[i];
                if (entry.Spec is null) break;
                if (entry.Name == packed)
                {
                    spec = entry.Spec;
                    return true;
                }
            }
        }

        spec = null!;
        return false;
    }

    /// <summary>
    /// The command these words ask for, a subcommand for a container, when their number is acceptable. Otherwise null,
    /// and Redis's error is written to <paramref name="reply"/>.
    /// </summary>
    public CommandSpec? Resolve(in CommandArgs args, RespWriter reply)
    {
        if (!TryFind(args.Name, out var spec))
        {
            if (Refusals.OfUnknown(_kind, args.Name) is { } why) reply.Error(why);
            else reply.Error(UnknownCommand(args));
            return null;
        }

        if (spec.Subcommands.Count > 0 && args.Count > 1)
        {
            var found = FindSubcommand(spec, args[1]);
            if (found is null)
            {
                reply.Error(
                    [.. "ERR unknown subcommand '"u8, .. Text(args[1], 128),
                    .. Encoding.ASCII.GetBytes($"'. Try {spec.Name.ToUpperInvariant()} HELP.")]);
                return null;
            }

            spec = found;
        }

        if (spec.AcceptsCount(args.Count)) return spec;
        reply.Error($"ERR wrong number of arguments for '{spec.Name}' command");
        return null;
    }

    private static CommandSpec? FindSubcommand(CommandSpec container, ReadOnlySpan<byte> name)
    {
        foreach (var sub in container.Subcommands)
        {
            var own = sub.Name.AsSpan(sub.Name.IndexOf('|') + 1);
            if (Ascii.EqualsIgnoreCase(name, own)) return sub;
        }

        return null;
    }

    private static byte[] UnknownCommand(in CommandArgs args)
    {
        var words = new List<byte>();
        for (var i = 1; i < args.Count && words.Count < 128; i++)
            words.AddRange([(byte)'\'', .. Text(args[i], 128 - words.Count), .. "' "u8]);
        return [.. "ERR unknown command '"u8, .. Text(args.Name, 128), .. "', with args beginning with: "u8, .. words];
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> word, int longest) =>
        word[..Math.Min(word.Length, longest)].UpToZero();

    private int Home(PackedName name) =>
        (int)((((name.Low * Mixer) ^ ulong.RotateLeft(name.High, 29)) * Mixer) >> _shift);

    private static bool TryPack(ReadOnlySpan<byte> name, out PackedName packed)
    {
        ulong low, high = 0;
        if (name.Length > LongestName || name.Length == 0)
        {
            packed = default;
            return false;
        }

        if (name.Length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(name);
            // The last eight bytes, overlapping the first, shifted so that only what is beyond them stays.
            if (name.Length > 8) high = BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]) >> ((16 - name.Length) * 8);
        }
        else
        {
            low = 0;
            for (var i = 0; i < name.Length; i++) low |= (ulong)name[i] << (i * 8);
        }

        packed = new PackedName(Lower(low), Lower(high));
        return true;
    }

    /// <summary>Sets bit 5 of every byte that is an upper-case letter.</summary>
    private static ulong Lower(ulong bytes)
    {
        const ulong Ones = 0x0101010101010101;
        var ascii = bytes & (0x7F * Ones);
        var fromA = ascii + ((128 - 'A') * Ones);
        var beyondZ = ascii + ((128 - 'Z' - 1) * Ones);
        var upper = fromA & ~beyondZ & ~bytes & (0x80 * Ones);
        return bytes | (upper >> 2);
    }
}
