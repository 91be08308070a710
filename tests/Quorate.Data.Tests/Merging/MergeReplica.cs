using System.Buffers;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;

namespace Quorate.Data.Tests.Merging;

/// <summary>A store with a journal and a clock of its own: commands in, replies as text and deltas out.</summary>
internal sealed class MergeReplica
{
    public const long Start = 1_700_000_000_000;

    private static readonly CommandTable Table = new(MergingTable.Keyspace);

    private readonly RespWriter _reply = new();
    private readonly MergingStoreOptions _options;
    private readonly List<byte[]> _journal = [];
    private long _incarnation = 1;

    public MergeReplica(int node, MergingStoreOptions? options = null)
    {
        Node = new NodeId(node);
        _options = options ?? new MergingStoreOptions();
        Store = NewStore();
        Store.RemembersAll();
    }

    public NodeId Node { get; }

    public MergingStore Store { get; private set; }

    /// <summary>Wall clock, Unix milliseconds.</summary>
    public long Wall { get; set; } = Start;

    public StepTime Now => new(0, Wall);

    public int Protocol { get; set; } = 2;

    /// <summary>What the last command changed, or null.</summary>
    public byte[]? Delta { get; private set; }

    /// <summary>Executes a line of words divided by blanks; the reply as one line.</summary>
    public string Do(string line) => Do(line.Split(' '));

    public string Do(params string[] words)
    {
        var buffer = Keyspace.Pack([.. words.Select(Keyspace.Bytes)], out var ranges);
        var args = new CommandArgs(buffer, ranges);
        _reply.Clear();
        _reply.Protocol = Protocol;
        Delta = null;
        if (Table.Resolve(args, _reply) is { } spec)
        {
            var delta = new ArrayBufferWriter<byte>();
            if (Store.Execute(spec, args, Now, _reply, delta)) Keep(delta);
        }

        RespReplyReader.TryRead(_reply.Written.Span, out var used, out var reply).ShouldBe(ParseResult.Command);
        used.ShouldBe(_reply.Length);
        return reply!.ToString();
    }

    public MergeResult Merge(byte[] bytes)
    {
        var result = Store.TryMerge(bytes, Now);
        if (result.Kind == MergeKind.Merged) _journal.Add(bytes);
        return result;
    }

    /// <summary>Takes over all that another replica holds.</summary>
    public void SyncFrom(MergeReplica other, int budgetBytes = 1 << 20)
    {
        var summary = new ArrayBufferWriter<byte>();
        other.Store.WriteSummary(summary);
        var from = 0UL;
        bool hasMore;
        do
        {
            var states = new ArrayBufferWriter<byte>();
            hasMore = other.Store.WriteStates(ref from, budgetBytes, states);
            Merge(states.WrittenSpan.ToArray()).Kind.ShouldBe(MergeKind.Merged);
        }
        while (hasMore);
        Store.TryAdopt(summary.WrittenSpan).ShouldBeTrue();
        _journal.Add(summary.WrittenSpan.ToArray());
    }

    public void SyncKeyFrom(MergeReplica other, string key)
    {
        var state = new ArrayBufferWriter<byte>();
        other.Store.WriteState(Keyspace.Bytes(key), state);
        Merge(state.WrittenSpan.ToArray()).Kind.ShouldBe(MergeKind.Merged);
    }

    public byte[]? RemoveExpired()
    {
        var delta = new ArrayBufferWriter<byte>();
        Delta = null;
        if (Store.RemoveExpired(Now, 100, delta)) Keep(delta);
        return Delta;
    }

    /// <summary>A delta for each gap.</summary>
    public IReadOnlyList<byte[]> CloseGaps()
    {
        var deltas = new List<byte[]>();
        for (var delta = new ArrayBufferWriter<byte>(); Store.CloseGap(delta, out _); delta = new ArrayBufferWriter<byte>())
        {
            Keep(delta);
            deltas.Add(Delta!);
        }

        return deltas;
    }

    /// <summary>Stops and starts with all of its journal.</summary>
    public void Restart()
    {
        _incarnation++;
        Store = NewStore();
        foreach (var record in _journal) Store.TryRecover(record).ShouldBeTrue();
        Store.RemembersAll();
    }

    /// <summary>Stops and starts with nothing.</summary>
    /// <param name="keepsIncarnation">A bug: it does not know that it was started again.</param>
    public void LoseMemory(bool keepsIncarnation = false)
    {
        if (!keepsIncarnation) _incarnation++;
        _journal.Clear();
        Store = NewStore();
        if (keepsIncarnation)
        {
            Store.RemembersAll();
            return;
        }

        var birth = new ArrayBufferWriter<byte>();
        Store.BeginAnew(birth);
        _journal.Add(birth.WrittenSpan.ToArray());
    }

    /// <summary>All that a reader can see, as text.</summary>
    public string Dump()
    {
        var keys = Do("KEYS *").Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        return string.Join('\n', keys.Select(k => $"{k} {Do("TYPE " + k)} {Values(k)} {Do("PTTL " + k)}"));
    }

    /// <summary>All values of a key, without the context.</summary>
    public string Values(string key)
    {
        var all = Do("SIBLINGS " + key);
        return all[(all.IndexOf(", ", StringComparison.Ordinal) + 2)..^1];
    }

    private void Keep(ArrayBufferWriter<byte> delta)
    {
        Delta = delta.WrittenSpan.ToArray();
        _journal.Add(Delta);
    }

    private MergingStore NewStore() =>
        new(_options, new DotSource(Node, _incarnation), new HybridClock(skewLimitMilliseconds: 1000));
}
