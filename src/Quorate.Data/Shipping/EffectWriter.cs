using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Shipping;

/// <summary>Writes an effect (<see cref="EffectRecord"/>) and counts its bytes.</summary>
/// <param name="output">gets the effect</param>
/// <param name="scratch">used for what must be known in whole before it is written</param>
internal struct EffectWriter(IBufferWriter<byte> output, ArrayBufferWriter<byte> scratch)
{
    private const int KeyHeadLength = 16 + Varint.LongestLong + (2 * Varint.Longest);
    private const int PieceBytes = 1 << 16;
    private const int KeptScratch = 1 << 20;

    public long Length { get; private set; }

    public void Begin(EffectKind kind, long clock)
    {
        var into = output.GetSpan(9);
        into[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], clock);
        Advance(9);
    }

    public void Databases(ReadOnlySpan<byte> sources)
    {
        var into = output.GetSpan(1 + Arrangement.Length);
        into[0] = (byte)EffectRecord.Databases;
        sources.CopyTo(into[1..]);
        Advance(1 + Arrangement.Length);
    }

    /// <summary>The present state of a key: what it is, what became of it, or that there is none.</summary>
    /// <param name="database">where the key is</param>
    /// <param name="key">its bytes</param>
    /// <param name="hash">of the key</param>
    /// <param name="since">the reader has the state after this entry, or a later one</param>
    /// <param name="last">what was done to the key last</param>
    public void Key(Database database, ReadOnlySpan<byte> key, uint hash, LogIndex since, KeyChange last)
    {
        var store = database.Store;
        var row = store.Find(key, hash, out var mark);
        if (row == 0)
        {
            NoKey(database, key, last);
        }
        else if (!mark.IsBuilt)
        {
            Key(EffectRecord.Key, database.Number, store, row, store.BytesOf(row));
        }
        else
        {
            var value = store.ValueOf(row);
            scratch.ResetWrittenCount();
            var isDelta = since >= value.Since && value.TryWriteDelta(since, scratch);
            if (!isDelta) WriteWhole(value);
            Key(isDelta ? EffectRecord.Delta : EffectRecord.Key, database.Number, store, row, scratch.WrittenSpan);
            if (scratch.Capacity > KeptScratch) scratch = new ArrayBufferWriter<byte>();
        }
    }

    public void Session(Session session, bool isNew)
    {
        var into = output.GetSpan(26);
        into[0] = (byte)EffectRecord.Session;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], session.Id);
        BinaryPrimitives.WriteInt64LittleEndian(into[9..], session.LastUse);
        BinaryPrimitives.WriteInt64LittleEndian(into[17..], session.Low);
        into[25] = isNew ? (byte)1 : (byte)0;
        Advance(26);
    }

    /// <summary>Nothing when the session has forgotten the reply.</summary>
    public void Reply(Session session, long sequence)
    {
        if (!session.TryGet(sequence, out var reply)) return;
        var into = output.GetSpan(9 + Varint.Longest);
        into[0] = (byte)EffectRecord.Reply;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], sequence);
        Advance(9 + Varint.Write(into[9..], reply.Length));
        Write(reply.Span);
    }

    public void NoSession(long id)
    {
        var into = output.GetSpan(9);
        into[0] = (byte)EffectRecord.NoSession;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], id);
        Advance(9);
    }

    public void End()
    {
        output.GetSpan(1)[0] = (byte)EffectRecord.End;
        Advance(1);
    }

    private void NoKey(Database database, ReadOnlySpan<byte> key, KeyChange last)
    {
        var into = output.GetSpan(3 + Varint.Longest);
        into[0] = (byte)EffectRecord.NoKey;
        into[1] = (byte)database.Number;
        into[2] = (byte)(last == KeyChange.Expired ? KeyChange.Expired : KeyChange.Removed);
        Advance(3 + Varint.Write(into[3..], key.Length));
        Write(key);
    }

    private void Key(EffectRecord record, int database, IKeyStore store, int row, ReadOnlySpan<byte> bytes)
    {
        var mark = store.MarkOf(row);
        var key = store.KeyOf(row);
        var into = output.GetSpan(KeyHeadLength);
        into[0] = (byte)record;
        into[1] = (byte)database;
        into[2] = mark.Form.State;
        BinaryPrimitives.WriteUInt32LittleEndian(into[3..], store.WrittenOf(row));
        BinaryPrimitives.WriteInt64LittleEndian(into[7..], store.ExpiryOf(row));
        var at = 15;
        at += Varint.WriteLong(into[at..], mark.Version.Value);
        at += Varint.Write(into[at..], key.Length);
        at += Varint.Write(into[at..], bytes.Length);
        Advance(at);
        Write(key);
        Write(bytes);
    }

    private readonly void WriteWhole(Value value)
    {
        scratch.ResetWrittenCount();
        var pieces = value.Read();
        while (pieces.WriteNext(scratch, PieceBytes))
        {
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Length += bytes.Length;
    }

    private void Advance(int count)
    {
        output.Advance(count);
        Length += count;
    }
}
