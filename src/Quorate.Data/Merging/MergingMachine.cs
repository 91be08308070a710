using System.Buffers;
using Quorate.Data.Commands;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;

namespace Quorate.Data.Merging;

/// <summary>
/// The replicated contents of one merging keyspace, as its strategy sees them: a <see cref="MergingStore"/> that takes
/// commands as entries of <see cref="EntryCodec"/> and keeps their replies until the strategy lets them out. Keyspaces have
/// one database each here, so an entry's database number is not looked at. One caller at a time.
/// </summary>
public sealed class MergingMachine : IMergeMachine, IDeltaKeys
{
    /// <summary>How far ahead of this node's wall clock another node's stamp may be, in milliseconds: further is
    /// refused.</summary>
    public const long SkewLimitMilliseconds = 60_000;

    private readonly IReplyRouter _router;
    private readonly RespWriter _reply = new();
    private ArgRange[] _ranges = new ArgRange[16];

    /// <param name="options">The same on all replicas.</param>
    /// <param name="self">Whose updates these are.</param>
    /// <param name="incarnation">How often the node has been started, counted durably.</param>
    /// <param name="router">Where replies go.</param>
    /// <param name="skewLimitMilliseconds">See <see cref="SkewLimitMilliseconds"/>.</param>
    /// <param name="beside">Another partition of the same replica, whose keys are fetched together with this one's.</param>
    public MergingMachine(
        MergingStoreOptions options, NodeId self, long incarnation, IReplyRouter router,
        long skewLimitMilliseconds = SkewLimitMilliseconds, MergingMachine? beside = null)
    {
        _router = router;
        Store = new MergingStore(options, new DotSource(self, incarnation), new HybridClock(skewLimitMilliseconds),
            beside?.Store);
    }

    /// <summary>The commands of merging keyspaces.</summary>
    public static CommandTable Commands { get; } = new(MergingTable.Keyspace, KeyspaceKind.Merging);

    public MergingStore Store { get; }

    /// <summary>Commands executed here.</summary>
    public long Executed { get; private set; }

    public DotContext Seen => Store.Seen;

    public VersionVector Stable => Store.Stable;

    /// <inheritdoc/>
    /// <remarks>Bytes that are no entry are answered with an error: unlike those of a log they were never agreed on.</remarks>
    public bool Execute(ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta)
    {
        _reply.Clear();
        _reply.Protocol = 2;
        var changed = false;
        if (!EntryCodec.TryRead(payload, ref _ranges, out var entry, out var args) || entry.Kind != KeyspaceEntryKind.Command)
        {
            _reply.Error("ERR the command cannot be read; the node that sent it runs another version"u8);
        }
        else
        {
            _reply.Protocol = entry.Protocol;
            Executed++;
            if (Commands.Resolve(args, _reply) is { } spec) changed = Store.Execute(spec, args, now, _reply, delta);
        }

        reply.Write(_reply.Written.Span);
        return changed;
    }

    public void Keep(RequestId request, ReadOnlySpan<byte> reply)
    {
        if (_router.BeginEarly(request) is not { } writer) return;
        writer.Raw(reply);
        _router.EndEarly(request);
    }

    public void Foresee(ReadOnlySpan<byte> delta)
    {
        if (MergeCodec.TryPeekKey(delta, out var key)) Store.Foresee(key);
    }

    public MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now) => Store.TryMerge(bytes, now);

    public bool TryRecover(ReadOnlySpan<byte> bytes) => Store.TryRecover(bytes);

    public void RemembersAll() => Store.RemembersAll();

    public void BeginAnew(IBufferWriter<byte> record) => Store.BeginAnew(record);

    public bool TryAdopt(ReadOnlySpan<byte> summary) => Store.TryAdopt(summary);

    public void WriteSummary(IBufferWriter<byte> output) => Store.WriteSummary(output);

    public void WriteState(ReadOnlySpan<byte> key, IBufferWriter<byte> output) => Store.WriteState(key, output);

    public bool WriteStates(ref ulong from, int budgetBytes, IBufferWriter<byte> output) =>
        Store.WriteStates(ref from, budgetBytes, output);

    public ulong DigestOf(int level, int part) => Store.DigestOf(level, part);

    public IEnumerable<(byte[] Key, ulong Digest)> KeysOf(int part) => Store.KeysOf(part);

    public void Collect(VersionVector stable, int budget = int.MaxValue) => Store.Collect(stable, budget);

    public bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta) => Store.RemoveExpired(now, most, delta);

    public bool TryKeysOf(ReadOnlySpan<byte> bytes, ICollection<byte[]> keys) => Store.TryKeysOf(bytes, keys);

    public bool CloseGap(IBufferWriter<byte> delta, out DotRun gap) => Store.CloseGap(delta, out gap);
}
