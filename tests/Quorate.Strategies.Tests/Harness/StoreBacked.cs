using System.Buffers;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>The real store of a merging keyspace behind the seam. What a command looks like, and where replies go, differs from
/// test to test.</summary>
internal abstract class StoreBacked(MergingStore store) : IMergeMachine
{
    public MergingStore Store => store;

    public DotContext Seen => store.Seen;

    public VersionVector Stable => store.Stable;

    public abstract bool Execute(
        ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta);

    public abstract void Keep(RequestId request, ReadOnlySpan<byte> reply);

    public virtual MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now) => store.TryMerge(bytes, now);

    public bool TryRecover(ReadOnlySpan<byte> bytes) => store.TryRecover(bytes);

    public void RemembersAll() => store.RemembersAll();

    public void BeginAnew(IBufferWriter<byte> record) => store.BeginAnew(record);

    public bool TryAdopt(ReadOnlySpan<byte> summary) => store.TryAdopt(summary);

    public void WriteSummary(IBufferWriter<byte> output) => store.WriteSummary(output);

    public void WriteState(ReadOnlySpan<byte> key, IBufferWriter<byte> output) => store.WriteState(key, output);

    public bool WriteStates(ref ulong from, int budgetBytes, IBufferWriter<byte> output) =>
        store.WriteStates(ref from, budgetBytes, output);

    public ulong DigestOf(int level, int part) => store.DigestOf(level, part);

    public ulong DigestOf(ReadOnlySpan<byte> key) => store.DigestOf(key);

    public IEnumerable<(byte[] Key, ulong Digest)> KeysOf(int part) => store.KeysOf(part);

    public void Collect(VersionVector stable, int budget = int.MaxValue) => store.Collect(stable, budget);

    public virtual bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta) => store.RemoveExpired(now, most, delta);

    public bool CloseGap(IBufferWriter<byte> delta, out DotRun gap) => store.CloseGap(delta, out gap);
}
