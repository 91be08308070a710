using System.Buffers;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>A merge rule that makes nothing of anything: where there is no way to run the real one.</summary>
public sealed class FailingRule : IMergeRule
{
    public static readonly FailingRule Instance = new();

    public bool TryMerge(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value) => false;
}
