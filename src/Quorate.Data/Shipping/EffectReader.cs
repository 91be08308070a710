using System.Buffers.Binary;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Shipping;

/// <summary>
/// Reads an effect record by record, as views into its bytes. What depends on the bytes alone is checked here: an effect that
/// was read to its end (<see cref="IsWhole"/>) is one that <see cref="EffectWriter"/> could have written, but for values that
/// are not packed and deltas.
/// </summary>
internal ref struct EffectReader(ReadOnlySpan<byte> effect, DataTypes types)
{
    private readonly ReadOnlySpan<byte> _bytes = effect;
    private readonly DataTypes _types = types;
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

    public ValueForm Form { get; private set; }

    public KeyStamp Stamp { get; private set; }

    public long Expiry { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>Of a key that is not there.</summary>
    public KeyChange Change { get; private set; }

    /// <summary>Of the key, its delta, or the session's reply.</summary>
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
            EffectRecord.Key or EffectRecord.Delta => !_hasSession && TryKey(),
            EffectRecord.NoKey => !_hasSession && TryNumber() && TryNoKey(),
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
        if (!TryNumber() || !TryByte(out var form) || _bytes.Length - _at < 4) return false;
        Form = new ValueForm(form);
        var written = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
        _at += 4;
        if (!TryInt64(out var expiry) || !Varint.TryReadLong(_bytes, ref _at, out var version)) return false;
        Expiry = expiry;
        Stamp = new KeyStamp(new LogIndex(version), written);
        if (!Varint.TryRead(_bytes, ref _at, out var key) || !Varint.TryRead(_bytes, ref _at, out var value)) return false;
        if (key > KeyspaceMachine.LongestValueBytes || (long)key + value > _bytes.Length - _at) return false;
        Key = _bytes.Slice(_at, key);
        Value = _bytes.Slice(_at + key, value);
        _at += key + value;
        return _types.Has(Form) && expiry >= -1 && version <= KeyMark.LatestVersion && IsValue();
    }

    private readonly bool IsValue()
    {
        if (!_types.IsPacked(Form)) return true;
        return Record == EffectRecord.Key && Value.Length <= KeyspaceMachine.LongestValueBytes
            && _types.Of(Form.Kind).MayBe(Form.Variant, Value);
    }

    private bool TryNoKey()
    {
        if (!TryByte(out var change) || !TryBytes(out var key)) return false;
        Change = (KeyChange)change;
        Key = key;
        return Change is KeyChange.Removed or KeyChange.Expired && key.Length <= KeyspaceMachine.LongestValueBytes;
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
