using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;

namespace Quorate.Data.Shipping;

/// <summary>Writes an effect (<see cref="EffectRecord"/>) and counts its bytes.</summary>
internal struct EffectWriter(IBufferWriter<byte> output)
{
    private const int KeyHeadLength = 16 + (2 * Varint.Longest);

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

    /// <summary>The present state of a key: what it is, or that there is none.</summary>
    public void Key(Database database, ReadOnlySpan<byte> key, uint hash)
    {
        var table = database.Table;
        var index = table.Find(key, hash);
        if (index == 0)
        {
            NoKey(database.Number, key);
            return;
        }

        ref var slot = ref table.SlotAt(index);
        var into = output.GetSpan(KeyHeadLength);
        into[0] = (byte)EffectRecord.Key;
        into[1] = (byte)database.Number;
        into[2] = slot.Flags.State;
        BinaryPrimitives.WriteUInt32LittleEndian(into[3..], slot.Written);
        BinaryPrimitives.WriteInt64LittleEndian(into[7..], table.ExpiryOf(index));
        var at = 15;
        at += Varint.Write(into[at..], slot.KeyLength);
        at += Varint.Write(into[at..], slot.ValueLength);
        Advance(at);
        Write(slot.Blob.AsSpan(Slot.HeaderLength, slot.KeyLength + slot.ValueLength));
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

    private void NoKey(int database, ReadOnlySpan<byte> key)
    {
        var into = output.GetSpan(2 + Varint.Longest);
        into[0] = (byte)EffectRecord.NoKey;
        into[1] = (byte)database;
        Advance(2 + Varint.Write(into[2..], key.Length));
        Write(key);
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
