using System.Buffers;
using System.Numerics;
using Quorate.Data.Commands;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Merging;

/// <summary>
/// The keys of merging commands, for strategies that cut a keyspace into partitions. Commands that name several keys are cut
/// into one of the same name for each partition; those about all keys are executed by every partition. One caller at a time.
/// </summary>
public sealed class CommandKeys : ICommandKeys
{
    private static readonly CommandTable Commands = new(MergingTable.Keyspace, KeyspaceKind.Merging);
    private static readonly RespWriter Nobody = RespWriter.Discarding();

    private readonly RespWriter _reply = new();
    private ArgRange[] _ranges = new ArgRange[16];
    private byte[] _entry = new byte[256];

    /// <summary>The partition of a key, 0 to <paramref name="partitions"/> − 1.</summary>
    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => KeySlot.Of(key) * partitions / KeySlot.Count;

    public bool TryLook(ReadOnlySpan<byte> payload, int partitions, out CommandLook look)
    {
        look = default;
        if (Find(payload, out _, out var args) is not { } spec) return false;
        var isWrite = spec.Route == CommandRoute.Write;
        var keys = new KeyPlacesOf(spec, args.Count);
        if (keys.Count == 0)
        {
            var reach = ReachOf(spec.Name);
            look = new CommandLook(reach, 0, isWrite);
            return true;
        }

        var first = PartitionOf(args[keys.At(0)], partitions);
        var isOne = true;
        for (var i = 1; i < keys.Count && isOne; i++) isOne = PartitionOf(args[keys.At(i)], partitions) == first;
        // A list of keys and values that does not come out even is an error wherever it is executed.
        var isEven = keys.At(keys.Count - 1) + spec.KeyStep <= args.Count;
        look = new CommandLook(isOne || !isEven ? CommandReach.OnePartition : CommandReach.SeveralPartitions, first, isWrite);
        return true;
    }

    public IReadOnlyList<byte[]> KeysOf(ReadOnlySpan<byte> payload)
    {
        if (Find(payload, out _, out var args) is not { } spec) return [];
        var places = new KeyPlacesOf(spec, args.Count);
        if (places.Count == 1) return [args[places.At(0)].ToArray()];
        var keys = new List<byte[]>();
        for (var i = 0; i < places.Count; i++)
        {
            var key = args[places.At(i)].ToArray();
            if (!keys.Exists(k => k.AsSpan().SequenceEqual(key))) keys.Add(key);
        }

        return keys;
    }

    public IReadOnlyList<CommandPart> Split(ReadOnlySpan<byte> payload, int partitions)
    {
        if (Find(payload, out var header, out var args) is not { } spec) return [];
        if (spec.Name == "scan") return SplitScan(header, args, payload, partitions);
        var places = new KeyPlacesOf(spec, args.Count);
        var parts = new List<CommandPart>();
        if (places.Count == 0)
        {
            for (var p = 0; p < partitions; p++) parts.Add(new CommandPart(p, payload.ToArray(), []));
            return parts;
        }

        var of = new SortedDictionary<int, List<int>>();
        for (var i = 0; i < places.Count; i++)
        {
            var partition = PartitionOf(args[places.At(i)], partitions);
            if (!of.TryGetValue(partition, out var mine)) of.Add(partition, mine = []);
            mine.Add(i);
        }

        foreach (var (partition, mine) in of)
        {
            var ranges = new List<ArgRange> { _ranges[0] };
            foreach (var i in mine) for (var word = 0; word < spec.KeyStep; word++) ranges.Add(_ranges[places.At(i) + word]);
            parts.Add(new CommandPart(partition, Write(header, new CommandArgs(payload, ranges.ToArray())), mine));
        }

        return parts;
    }

    public void Join(ReadOnlySpan<byte> payload, IReadOnlyList<CommandPart> parts, IReadOnlyList<byte[]> replies,
        IBufferWriter<byte> reply)
    {
        _reply.Clear();
        if (Find(payload, out var header, out var args) is { } spec)
        {
            _reply.Protocol = header.Protocol;
            Join(spec, args, parts, replies);
        }

        reply.Write(_reply.Written.Span);
    }

    private void Join(CommandSpec spec, in CommandArgs args, IReadOnlyList<CommandPart> parts, IReadOnlyList<byte[]> replies)
    {
        var trees = new List<RespReply>();
        foreach (var bytes in replies)
        {
            if (RespReplyReader.TryRead(bytes, out _, out var tree) != ParseResult.Command || tree is null)
            {
                _reply.Error("ERR a part of the reply cannot be read"u8);
                return;
            }

            if (tree.IsError)
            {
                _reply.Raw(bytes);
                return;
            }

            trees.Add(tree);
        }

        switch (spec.Name)
        {
            case "mset":
                _reply.Ok();
                break;
            case "mget":
                JoinByPlace(new KeyPlacesOf(spec, args.Count).Count, parts, trees);
                break;
            case "scan":
                JoinScan(parts, trees);
                break;
            default:
                if (trees.TrueForAll(t => t.Kind == ReplyKind.Integer)) _reply.Integer(trees.Sum(Number));
                else if (spec.Name == "conflicts|count") JoinSums(trees);
                else JoinLists(trees);
                break;
        }
    }

    private void JoinByPlace(int count, IReadOnlyList<CommandPart> parts, List<RespReply> trees)
    {
        var values = new RespReply?[count];
        for (var p = 0; p < parts.Count; p++)
            for (var i = 0; i < parts[p].Places.Count && i < trees[p].Items.Count; i++)
                values[parts[p].Places[i]] = trees[p].Items[i];
        _reply.Array(count);
        foreach (var value in values) Write(value);
    }

    private void JoinLists(List<RespReply> trees)
    {
        _reply.Array(trees.Sum(t => t.Items.Count));
        foreach (var tree in trees) foreach (var item in tree.Items) Write(item);
    }

    /// <summary>Arrays of integers, added up place by place.</summary>
    private void JoinSums(List<RespReply> trees)
    {
        var count = trees.Max(t => t.Items.Count);
        _reply.Array(count);
        for (var i = 0; i < count; i++)
        {
            if (trees.TrueForAll(t => i < t.Items.Count && t.Items[i].Kind == ReplyKind.Integer))
                _reply.Integer(trees.Sum(t => Number(t.Items[i])));
            else Write(trees[0].Items[i]);
        }
    }

    /// <summary>
    /// SCAN goes through the partitions one after the other. Its cursor says in the upper bits which one, and in the rest where
    /// to go on there, rounded up: two keys of which the hashes differ in the last few bits only could be taken for one.
    /// </summary>
    private List<CommandPart> SplitScan(in EntryHeader header, in CommandArgs args, ReadOnlySpan<byte> payload, int partitions)
    {
        var bits = BitsOf(partitions);
        var partition = 0;
        var own = "0"u8.ToArray();
        if (Numbers.TryParseCursor(args[1], out var cursor))
        {
            partition = bits == 0 ? 0 : (int)(cursor >> (64 - bits));
            own = System.Text.Encoding.ASCII.GetBytes((cursor << bits)
                .ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        else own = args[1].ToArray();

        if (partition >= partitions) (partition, own) = (partitions - 1, "18446744073709551615"u8.ToArray());
        // The words are views into one buffer: the other cursor goes behind the payload.
        var buffer = new byte[payload.Length + own.Length];
        payload.CopyTo(buffer);
        own.CopyTo(buffer.AsSpan(payload.Length));
        var ranges = _ranges[..args.Count];
        ranges[1] = new ArgRange(payload.Length, own.Length);
        return [new CommandPart(partition, Write(header, new CommandArgs(buffer, ranges)), [partitions])];
    }

    private void JoinScan(IReadOnlyList<CommandPart> parts, List<RespReply> trees)
    {
        var partitions = parts[0].Places[0];
        var bits = BitsOf(partitions);
        var tree = trees[0];
        var next = ulong.TryParse(tree.Items[0].Text, out var cursor) && cursor != 0
            ? (((cursor - 1) >> bits) + 1) | ((ulong)parts[0].Partition << 1 << (63 - bits))
            : parts[0].Partition + 1 == partitions ? 0 : (ulong)(parts[0].Partition + 1) << (64 - bits);
        _reply.Array(2);
        _reply.Bulk(next.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Write(tree.Items[1]);
    }

    private void Write(RespReply? value)
    {
        if (value is null || value.IsNull)
        {
            _reply.Null();
            return;
        }

        switch (value.Kind)
        {
            case ReplyKind.Integer:
                _reply.Integer(Number(value));
                break;
            case ReplyKind.Array or ReplyKind.Set or ReplyKind.Map or ReplyKind.Push:
                _reply.Array(value.Items.Count);
                foreach (var item in value.Items) Write(item);
                break;
            default:
                _reply.Bulk(value.Bytes.Span);
                break;
        }
    }

    private CommandSpec? Find(ReadOnlySpan<byte> payload, out EntryHeader header, out CommandArgs args)
    {
        if (!EntryCodec.TryRead(payload, ref _ranges, out header, out args) || header.Kind != KeyspaceEntryKind.Command)
            return null;
        return Commands.Resolve(args, Nobody);
    }

    private byte[] Write(in EntryHeader header, in CommandArgs args)
    {
        var length = EntryCodec.WriteCommand(ref _entry, header.Stamp, header.Database, header.Protocol, args);
        return _entry.AsSpan(0, length).ToArray();
    }

    private static CommandReach ReachOf(string name) => name switch
    {
        "keys" or "dbsize" or "scan" or "conflicts|count" or "conflicts|list" or "conflicts|lost" or "losses" =>
            CommandReach.EveryPartition,
        _ => CommandReach.OnePartition,
    };

    private static long Number(RespReply reply) => long.TryParse(reply.Text, out var value) ? value : 0;

    private static int BitsOf(int partitions) => partitions <= 1 ? 0 : BitOperations.Log2((uint)partitions - 1) + 1;

    /// <summary>Where a command's keys stand among its words.</summary>
    private readonly struct KeyPlacesOf(CommandSpec spec, int words)
    {
        private readonly int _last = spec.LastKey >= 0 ? spec.LastKey : words + spec.LastKey;

        public int Count =>
            spec.FirstKey == 0 || _last < spec.FirstKey ? 0 : ((_last - spec.FirstKey) / Math.Max(1, spec.KeyStep)) + 1;

        public int At(int i) => spec.FirstKey + (i * spec.KeyStep);
    }
}
