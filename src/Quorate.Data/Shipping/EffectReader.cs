using System.Buffers.Binary;
using Quorate.Data.Commands;
using Quorate.Data.Store;

namespace Quorate.Data.Shipping;

/// <summary>
/// Reads an effect record by record, as views into its bytes. What depends on the bytes alone is checked here: an effect that
/// was read to its end (<see cref="IsWhole"/>) is one that <see cref="EffectWriter"/> could have written.
/// </summary>
internal ref struct EffectReader(ReadOnlySpan<byte> effect)
{
    private readonly ReadOnlySpan<byte> _bytes = effect;
    private int _at;
    private bool _hasSession;
    private bool _mayReply;
    private long _lastSequence;

    public EffectKind Kind { get; private set; }

    public long Clock { get; private set; }

    /// <summary>The record last read.</summary>
    public EffectRecord Record { get; private set; }

    public ReadOnlySpan<byte> Databases { get; private set; }

    public int Database { get; private set; }

    public BlobFlags Flags { get; private set; }

    public uint Written { get; private set; }

    public long Expiry { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>Of the key, or the session's reply.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public long Session { get; private set; }

    public long LastUse { get; private set; }

    public long Low { get; private set; }

    public bool IsNewSession { get; private set; }

    public long Sequence { get; private set; }

    /// <summary>The end was read and nothing follows it.</summary>
    public readonly bool IsWhole => Record == EffectRecord.End && _at == _bytes.Length;

    public bool TryBegin()
    {
        if (!TryByte(out var kind) || !TryInt64(out var clock)) return false;
        (Kind, Clock) = ((EffectKind)kind, clock);
        return Kind is EffectKind.Step or EffectKind.Changes && clock >= 0;
    }

    /// <summary>False: at the end, or where the bytes make no sense.</summary>
    public bool TryRead()
    {
        var isFirst = Record == 0;
        if (Record == EffectRecord.End || !TryByte(out var record)) return false;
        Record = (EffectRecord)record;
        return Record switch
        {
            EffectRecord.Databases => isFirst && TryDatabases(),
            EffectRecord.Key => !_hasSession && TryKey(),
            EffectRecord.NoKey => !_hasSession && TryNumber() && TryBytes(out var key) && Keep(key),
            EffectRecord.Session => TrySessionId() && TrySession(),
            EffectRecord.Reply => _mayReply && TryReply(),
            EffectRecord.NoSession => TrySessionId(),
            _ => false,
        };
    }

    private bool TryDatabases()
    {
        if (_bytes.Length - _at < Arrangement.Length) return false;
        Databases = _bytes.Slice(_at, Arrangement.Length);
        _at += Arrangement.Length;
        return Arrangement.IsValid(Databases);
    }

    private bool TryKey()
    {
        if (!TryNumber() || !TryByte(out var flags) || _bytes.Length - _at < 4) return false;
        Flags = new BlobFlags(flags);
        Written = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
        _at += 4;
        if (!TryInt64(out var expiry)) return false;
        Expiry = expiry;
        if (!Varint.TryRead(_bytes, ref _at, out var key) || !Varint.TryRead(_bytes, ref _at, out var value)) return false;
        if (key > KeyspaceMachine.LongestValueBytes || value > KeyspaceMachine.LongestValueBytes) return false;
        if ((long)key + value > _bytes.Length - _at) return false;
        Key = _bytes.Slice(_at, key);
        Value = _bytes.Slice(_at + key, value);
        _at += key + value;
        return Flags.IsValidState && expiry >= -1;
    }

    private bool Keep(ReadOnlySpan<byte> key)
    {
        Key = key;
        return key.Length <= KeyspaceMachine.LongestValueBytes;
    }

    private bool TrySessionId()
    {
        if (!TryInt64(out var id) || (_hasSession && id <= Session)) return false;
        Session = id;
        _hasSession = true;
        _mayReply = false;
        return true;
    }

    private bool TrySession()
    {
        if (!TryInt64(out var lastUse) || !TryInt64(out var low) || !TryByte(out var isNew)) return false;
        (LastUse, Low, IsNewSession) = (lastUse, low, isNew == 1);
        _mayReply = true;
        _lastSequence = -1;
        return lastUse >= 0 && low >= 0 && isNew <= 1;
    }

    private bool TryReply()
    {
        if (!TryInt64(out var sequence) || !TryBytes(out var reply)) return false;
        if (sequence < Low || sequence <= _lastSequence || sequence == long.MaxValue) return false;
        Sequence = _lastSequence = sequence;
        Value = reply;
        return sequence - Low < Sessions.Session.WidestWindow;
    }

    private bool TryNumber()
    {
        if (!TryByte(out var number)) return false;
        Database = number;
        return number < KeyspaceMachine.DatabaseCount;
    }

    private bool TryByte(out byte value)
    {
        value = 0;
        if (_at >= _bytes.Length) return false;
        value = _bytes[_at++];
        return true;
    }

    private bool TryInt64(out long value)
    {
        value = 0;
        if (_bytes.Length - _at < 8) return false;
        value = BinaryPrimitives.ReadInt64LittleEndian(_bytes[_at..]);
        _at += 8;
        return true;
    }

    private bool TryBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!Varint.TryRead(_bytes, ref _at, out var length) || length > _bytes.Length - _at) return false;
        bytes = _bytes.Slice(_at, length);
        _at += length;
        return true;
    }
}
