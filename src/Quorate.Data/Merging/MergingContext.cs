using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Merging;

/// <summary>What the handlers of a merging keyspace work on. The store owns one and reuses it.</summary>
public sealed class MergingContext
{
    internal MergingContext(MergingStore store)
    {
        Store = store;
        Reply = RespWriter.Discarding();
    }

    public MergingStore Store { get; }

    public StepTime Now { get; private set; }

    public RespWriter Reply { get; private set; }

    internal void Begin(StepTime now, RespWriter reply)
    {
        Now = now;
        Reply = reply;
    }

    /// <summary>What a reader sees under the key, or null.</summary>
    internal KeyObject? Find(ReadOnlySpan<byte> key) => Store.FindVisible(key, Now);

    /// <summary>False, and answered: a reader sees another type under the key.</summary>
    internal bool TryFind(ReadOnlySpan<byte> key, ValueKind kind, out KeyObject? found)
    {
        found = Find(key);
        if (found is null || found.Kind == kind) return true;
        Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>Begins to change a key; nothing else may be begun before <see cref="Commit"/>.</summary>
    internal ObjectChange Change(ReadOnlySpan<byte> key) => Store.BeginChange(key, Now, Store.Table.Find(key, Hash.Of(key)));

    internal void Commit(ObjectChange change) => Store.Commit(change, Now);

    /// <summary>Parses an integer; else answers the error.</summary>
    internal bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        if (Numbers.TryParse(text, out value)) return true;
        Reply.Error(Errors.NotAnInteger);
        return false;
    }

    /// <summary>What was asked for is defined only where all writes have one order.</summary>
    internal static void Refuse(RespWriter reply, string what) =>
        reply.Error(Refusals.Of(KeyspaceKind.Merging, what));
}
