namespace Quorate.Replication.Ordered;

/// <summary>
/// The listeners of one replica's state: any number, told in the order in which they were added. Nothing is allocated to
/// tell them, and where there is none a call costs one branch. Taps come and go between entries. One caller at a time.
/// </summary>
public sealed class Taps
{
    private readonly bool _isOpen;
    private ITap[] _taps = [];
    private bool _isTelling;
    private bool _isAmidEntry;

    public Taps()
        : this(isOpen: true)
    {
    }

    private Taps(bool isOpen) => _isOpen = isOpen;

    /// <summary>Of a machine that reports no keys: takes no tap.</summary>
    public static Taps None { get; } = new(isOpen: false);

    /// <summary>False: telling would be in vain, so nothing needs to be prepared for it.</summary>
    public bool HasAny { get; private set; }

    /// <summary>The tap hears of the entries that are applied from now on.</summary>
    /// <exception cref="InvariantViolation">the machine reports no keys, the tap is there already, or an entry is being
    /// applied</exception>
    public void Add(ITap tap)
    {
        Invariant.Require(_isOpen, "only a machine that reports its keys takes taps");
        Invariant.Require(!_isTelling && !_isAmidEntry, "taps come and go between entries");
        Invariant.Require(Array.IndexOf(_taps, tap) < 0, "a tap is added once");
        _taps = [.. _taps, tap];
        HasAny = true;
    }

    /// <summary>The tap hears nothing any more; does nothing when it is not there.</summary>
    /// <exception cref="InvariantViolation">an entry is being applied</exception>
    public void Remove(ITap tap)
    {
        Invariant.Require(!_isTelling && !_isAmidEntry, "taps come and go between entries");
        if (Array.IndexOf(_taps, tap) is var at and >= 0) _taps = [.. _taps[..at], .. _taps[(at + 1)..]];
        HasAny = _taps.Length > 0;
    }

    /// <inheritdoc cref="ITap.OnKey"/>
    public void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change)
    {
        if (!HasAny) return;
        _isAmidEntry = _isTelling = true;
        foreach (var tap in _taps) tap.OnKey(database, key, change);
        _isTelling = false;
    }

    /// <inheritdoc cref="ITap.OnAllKeys"/>
    public void OnAllKeys(int database, KeyChange change)
    {
        if (!HasAny) return;
        _isAmidEntry = _isTelling = true;
        foreach (var tap in _taps) tap.OnAllKeys(database, change);
        _isTelling = false;
    }

    /// <inheritdoc cref="ITap.OnApplied"/>
    public void OnApplied(in AppliedEntry entry)
    {
        if (!HasAny) return;
        _isTelling = true;
        foreach (var tap in _taps) tap.OnApplied(entry);
        _isTelling = _isAmidEntry = false;
    }

    /// <inheritdoc cref="ITap.OnCommitted"/>
    public void OnCommitted(LogIndex index)
    {
        if (!HasAny) return;
        _isTelling = true;
        foreach (var tap in _taps) tap.OnCommitted(index);
        _isTelling = false;
    }

    /// <inheritdoc cref="ITap.OnReplaced"/>
    public void OnReplaced(LogIndex index)
    {
        if (!HasAny) return;
        _isTelling = true;
        foreach (var tap in _taps) tap.OnReplaced(index);
        _isTelling = _isAmidEntry = false;
    }
}
