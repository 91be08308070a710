using System.Buffers;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;
using Quorate.Resp;

namespace Quorate.Data.Merging;

/// <summary>
/// The contents of one merging keyspace on one replica: an object for each key, merged with what other replicas tell, in any
/// order and any number of times. Replicas that have seen the same updates hold the same. One caller at a time.
/// </summary>
public sealed class MergingStore
{
    private readonly DotSource _dots;
    private readonly KeyPlaces _places;
    private readonly StateWriter _states;
    private readonly ObjectChange _change;
    private readonly ObjectPrefetch _foresight;
    private readonly MergingContext _context;
    private readonly MergeCodec _codec = new();
    private readonly JoinNotes _notes = new();
    private ArrayBufferWriter<byte> _body = new();
    internal VersionVector Floor { get; } = new();
    private int _changedKeys;

    /// <summary>What this replica made up to here it may have forgotten.</summary>
    private long _born;

    /// <param name="options">The same on all replicas.</param>
    /// <param name="dots">Names this replica's updates; nobody else takes from it.</param>
    /// <param name="clock">Stamps them.</param>
    /// <param name="beside">Another part of the same keyspace, used by the same caller: keys of both are fetched
    /// together.</param>
    /// <exception cref="InvariantViolation">when the options make no sense together.</exception>
    public MergingStore(MergingStoreOptions options, DotSource dots, HybridClock clock, MergingStore? beside = null)
    {
        Invariant.Require(options.Refusal is null, options.Refusal ?? "options make sense");
        Options = options;
        _dots = dots;
        Clock = clock;
        Losses = new LossLog(options);
        _places = new KeyPlaces(options);
        _states = new StateWriter(_places);
        _change = new ObjectChange(options, dots);
        _foresight = beside?._foresight ?? new ObjectPrefetch();
        _context = new MergingContext(this);
    }

    public MergingStoreOptions Options { get; }

    public HybridClock Clock { get; }

    /// <summary>The updates that are part of this state, or were removed from it.</summary>
    public DotContext Seen { get; } = new();

    /// <summary>The updates that every replica has confirmed (<see cref="Collect"/>).</summary>
    public VersionVector Stable => Floor.Clone();

    public LossLog Losses { get; }

    /// <summary>Values that became concurrent with another, ever, as seen here.</summary>
    public long ConflictsSeen { get; private set; }

    /// <summary>Times that the merge rule made nothing of concurrent values.</summary>
    public long RuleFailures { get; private set; }

    /// <summary>Told of every key that comes into conflict; null when nobody wants to know.</summary>
    public Action<byte[]>? OnConflict { get; set; }

    /// <summary>Keys that hold a conflict now, in order.</summary>
    public IReadOnlyCollection<byte[]> Conflicted => _places.Conflicted;

    /// <summary>Keys that a reader would see, those included whose deadline has passed but that are not removed yet.</summary>
    public int Count { get; private set; }

    /// <summary>Objects kept, with those that only remember what was removed.</summary>
    public int ObjectCount => _places.Table.Count;

    internal ObjectTable Table => _places.Table;

    /// <summary>
    /// Executes one command. True: it changed something, and <paramref name="delta"/> got the bytes that other replicas (and
    /// this one's journal) must be given; nothing about it may leave the node before they are durable.
    /// </summary>
    public bool Execute(CommandSpec spec, in CommandArgs args, StepTime now, RespWriter reply, IBufferWriter<byte> delta)
    {
        if (spec.MergingHandler is not { } handler)
        {
            MergingContext.Refuse(reply, spec.Name);
            return false;
        }

        if (_foresight.Count > 0) _foresight.Look();
        _context.Begin(now, reply);
        _changedKeys = 0;
        _body.ResetWrittenCount();
        handler(_context, args);
        if (_changedKeys == 0) return false;
        WriteDelta(delta);
        return true;
    }

    /// <summary>A hint: something is about to be done with this key, and with others named together with it.</summary>
    public void Foresee(ReadOnlySpan<byte> key) => _foresight.Note(_places.Table, key);

    /// <summary>Takes in what another replica told: a delta, or states of keys. All of it or nothing.</summary>
    public MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now)
    {
        if (_foresight.Count > 0) _foresight.Look();
        if (!_codec.TryDecode(bytes) || _codec.Format is not (MergeFormat.Delta or MergeFormat.State))
            return new MergeResult(MergeKind.Malformed);
        if (_codec.Format == MergeFormat.Delta && Seen.Covers(_codec.Run)) return new MergeResult(MergeKind.Known);
        if (!Clock.TryObserve(_codec.Newest, now)) return new MergeResult(MergeKind.TooFarAhead);
        if (_codec.Format == MergeFormat.Delta && IsTooFragmented()) return new MergeResult(MergeKind.NeedsState);
        return MergeDecoded(now.UnixMilliseconds);
    }

    /// <summary>Takes back a delta or states from this replica's own journal or snapshot, whenever they were made.</summary>
    public bool TryRecover(ReadOnlySpan<byte> bytes)
    {
        if (!_codec.TryDecode(bytes)) return false;
        if (_codec.Format == MergeFormat.Summary)
        {
            Adopt();
            return true;
        }

        if (_codec.Format == MergeFormat.Birth)
        {
            _born = _codec.Born;
            return true;
        }

        Clock.Recover(_codec.Newest);
        MergeDecoded(_codec.Newest.Milliseconds);
        return true;
    }

    /// <summary>
    /// After the last <see cref="TryRecover"/>, when everything that ever left this replica came back (or nothing ever left
    /// it): its updates go on where they ended. When the memory may have gaps, <see cref="BeginAnew"/> is called instead.
    /// </summary>
    public void RemembersAll() => _dots.RemembersAll(_born, Math.Max(_born, Seen.LastOf(_dots.Node)));

    /// <summary>
    /// After a start without memory of what this replica made before: it claims nothing about that.
    /// <paramref name="record"/> gets what must be the first record of its new journal, durable before its first delta leaves.
    /// </summary>
    public void BeginAnew(IBufferWriter<byte> record)
    {
        _born = _dots.CompleteSince;
        MergeCodec.WriteBirth(record, _born);
    }

    /// <summary>
    /// After the whole of another replica's states has been merged, what it had seen <em>before</em> it began to send them is
    /// seen here as well. False: the bytes are no summary.
    /// </summary>
    public bool TryAdopt(ReadOnlySpan<byte> summary)
    {
        if (!_codec.TryDecode(summary) || _codec.Format != MergeFormat.Summary) return false;
        Adopt();
        return true;
    }

    /// <summary>Writes what this replica has seen; take it before the states that go with it.</summary>
    public void WriteSummary(IBufferWriter<byte> output) => MergeCodec.WriteSummary(output, Seen, Floor);

    /// <summary>Writes the state of one key, also of one that is not there: what was removed from it.</summary>
    public void WriteState(ReadOnlySpan<byte> key, IBufferWriter<byte> output) => _states.Write(key, Floor, output);

    /// <summary>Writes the states of keys whose hash is <paramref name="from"/> or above, in the order of hashes, until about
    /// <paramref name="budgetBytes"/> are written; moves <paramref name="from"/> on. False when these were the last.</summary>
    public bool WriteStates(ref ulong from, int budgetBytes, IBufferWriter<byte> output) =>
        _states.WriteRange(ref from, budgetBytes, Floor, output);

    /// <summary>Adds the keys that a delta, or states of single keys, are about. False: the bytes are neither.</summary>
    public bool TryKeysOf(ReadOnlySpan<byte> bytes, ICollection<byte[]> keys)
    {
        if (!_codec.TryDecode(bytes) || _codec.Format is not (MergeFormat.Delta or MergeFormat.State)) return false;
        if (_codec.Format == MergeFormat.State && _codec.IsRange) return false;
        for (var i = 0; i < _codec.Count; i++) keys.Add(_codec[i].Key.AsSpan().ToArray());
        _codec.Clear();
        return true;
    }

    /// <summary>A digest of the keys in 1 of 2^<paramref name="level"/> equal parts of the hashes, level 0 to 12: equal on
    /// replicas that hold the same there. Level 0 is the whole.</summary>
    public ulong DigestOf(int level, int part)
    {
        Invariant.Require(level is >= 0 and <= ObjectTable.LeafBits && part >= 0 && part < 1 << level, "the tree has 12 levels");
        var leaves = ObjectTable.LeafCount >> level;
        return _places.Table.DigestOf(part * leaves, (part + 1) * leaves);
    }

    /// <summary>The keys of one of the 4096 parts of level 12, each with its digest; 0: only remembers what was
    /// removed.</summary>
    public IEnumerable<(byte[] Key, ulong Digest)> KeysOf(int part) =>
        _places.Table.From(ObjectTable.FirstHashOf(part))
            .TakeWhile(o => ObjectTable.LeafOf(o.KeyHash) == part).Select(o => (o.Key, o.Digest));

    /// <summary>The digest of one key; 0: holds nothing, or only remembers what was removed.</summary>
    public ulong DigestOf(ReadOnlySpan<byte> key) => _places.Find(key)?.Digest ?? 0;

    /// <summary>
    /// Every replica of the group has confirmed that it has seen these updates (each says <see
    /// cref="DotContext.ToVersionVector"/> of <see cref="Seen"/>; this is the meet). Only now may it be forgotten what was
    /// removed by them: at most
    /// <paramref name="budget"/> keys are looked at.
    /// </summary>
    /// <exception cref="InvariantViolation">when this replica itself has not seen them.</exception>
    public void Collect(VersionVector stable, int budget = int.MaxValue)
    {
        Invariant.Require(Seen.ToVersionVector().Covers(stable), "what every replica has seen, this one has");
        Floor.Join(stable);
        _places.Collect(Floor, budget);
    }

    /// <summary>
    /// Removes up to <paramref name="most"/> keys whose deadline is past by the grace, as a command that deletes them would.
    /// True: some were, and <paramref name="delta"/> got what others must be given.
    /// </summary>
    public bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta)
    {
        Losses.Expire(now.UnixMilliseconds);
        var due = _places.DueKeys(now.UnixMilliseconds, most, _dots.Node);
        if (due.Count == 0) return false;
        _context.Begin(now, Nobody);
        _changedKeys = 0;
        _body.ResetWrittenCount();
        // A change of a key that is not visible begins with the removal of what is left of it.
        foreach (var key in due) Commit(BeginChange(key, now, _places.Find(key)), now);
        WriteDelta(delta);
        return true;
    }

    /// <summary>
    /// For a replica that lost its memory and has since merged the whole state of every other: what it made before, and nobody
    /// has, is gone. Each call writes a delta that says so of one run of it, because the others would wait for it for ever.
    /// False: nothing is missing.
    /// <para>It says nothing about what it does have again, which others may lack: they would take that for removed.</para>
    /// </summary>
    public bool CloseGap(IBufferWriter<byte> delta, out DotRun gap)
    {
        gap = Seen.FirstGapOf(_dots.Node, _dots.CompleteSince);
        if (gap.UpTo == gap.After) return false;
        MergeCodec.WriteDeltaHead(delta, gap, 0);
        Seen.Add(gap);
        return true;
    }

    /// <summary>The object of a key that a reader sees, or null.</summary>
    internal KeyObject? FindVisible(ReadOnlySpan<byte> key, StepTime now)
    {
        var o = _places.Find(key);
        return o is not null && IsVisible(o, now) ? o : null;
    }

    internal static bool IsVisible(KeyObject o, StepTime now) => o.IsLive && o.Deadline > now.UnixMilliseconds;

    internal ObjectChange BeginChange(ReadOnlySpan<byte> key, StepTime now, KeyObject? found)
    {
        found ??= new KeyObject { Key = key.ToArray(), KeyHash = Hash.Of(key) };
        _change.Stamp = Clock.Next(now);
        _change.Begin(found, Floor, IsVisible(found, now));
        return _change;
    }

    /// <summary>Makes a change part of the state and of the command's delta.</summary>
    internal void Commit(ObjectChange change, StepTime now)
    {
        if (!change.Finish(Floor)) return;
        var target = change.Target;
        Packing.WriteBytes(_body, target.Key);
        change.Delta.Encode(_body);
        _changedKeys++;
        _notes.Clear();
        Join(target, change.Delta, null, now.UnixMilliseconds);
    }

    internal void KeepLoss(KeyObject o, in Sibling lost, StepTime now) =>
        Losses.Keep(new Loss(now.UnixMilliseconds, o.Key, Part.Text, [], lost));

    private static readonly RespWriter Nobody = RespWriter.Discarding();

    /// <summary>Nothing under a key; never changed.</summary>
    private static readonly KeyObject Absent = new();

    private void WriteDelta(IBufferWriter<byte> delta)
    {
        var run = new DotRun(_dots.Node, _dots.Previous, _dots.Last);
        MergeCodec.WriteDeltaHead(delta, run, _changedKeys);
        delta.Write(_body.WrittenSpan);
        Seen.Add(run);
        _dots.Told();
        if (_body.Capacity > 1 << 20) _body = new ArrayBufferWriter<byte>();
    }

    private MergeResult MergeDecoded(long nowMilliseconds)
    {
        _notes.Clear();
        var isDelta = _codec.Format == MergeFormat.Delta;
        var conflicts = 0;
        for (var i = 0; i < _codec.Count; i++)
        {
            var theirs = _codec[i];
            var hash = Hash.Of(theirs.Key);
            var mine = _places.Table.Find(theirs.Key, hash);
            mine ??= new KeyObject { Key = theirs.Key.AsSpan().ToArray(), KeyHash = hash };
            _notes.Clear();
            Join(mine, theirs, isDelta ? null : _codec.Floor, nowMilliseconds);
            conflicts += _notes.Conflicts;
            if (_notes.Conflicts > 0 && OnConflict is not null && _places.Conflicted.Contains(mine.Key)) OnConflict(mine.Key);
        }

        if (isDelta) Seen.Add(_codec.Run);
        else if (_codec.IsRange) MergeUnlisted(nowMilliseconds);
        _codec.Clear();
        ConflictsSeen += conflicts;
        return new MergeResult(MergeKind.Merged, conflicts);
    }

    /// <summary>The sender holds nothing under the other keys of the range: what it has seen of them is removed.</summary>
    private void MergeUnlisted(long nowMilliseconds)
    {
        var listed = new HashSet<byte[]>(ByteKeys.Comparer);
        for (var i = 0; i < _codec.Count; i++) listed.Add(_codec[i].Key);
        var range = _places.Table.From(_codec.First).TakeWhile(o => o.KeyHash <= _codec.Last);
        var unlisted = range.Where(o => !listed.Contains(o.Key)).ToList();
        foreach (var mine in unlisted) Join(mine, Absent, _codec.Floor, nowMilliseconds);
    }

    private void Join(KeyObject mine, KeyObject theirs, VersionVector? theirFloor, long nowMilliseconds)
    {
        var wasLive = mine.IsLive;
        var kinds = mine.KindCount;
        mine.Join(theirs, Floor, theirFloor, Options.Rules, _notes);
        if (mine.KindCount > Math.Max(1, kinds)) _notes.Conflicts += mine.KindCount - Math.Max(1, kinds);
        if (_notes.IsChanged)
        {
            mine.Merged = null;
            if (mine.Text is { Register.Count: > 1 } text && Options.Conflicts == ConflictRule.Merge)
                mine.Merged = AskRule(mine.Key, text);
        }

        foreach (var loser in _notes.Losers)
        {
            if (loser.Part is Part.Field or Part.Member || (loser.Part == Part.Text && Options.Conflicts == ConflictRule.Lww))
                Losses.Keep(new Loss(nowMilliseconds, mine.Key, loser.Part, loser.Field, loser.Value));
        }

        Count += (mine.IsLive ? 1 : 0) - (wasLive ? 1 : 0);
        _places.Place(mine);
    }

    private byte[]? AskRule(byte[] key, Cell text)
    {
        var value = new ArrayBufferWriter<byte>();
        if (Options.MergeRule!.TryMerge(key, text.Register.Siblings, value)) return value.WrittenSpan.ToArray();
        RuleFailures++;
        return null;
    }

    private bool IsTooFragmented()
    {
        if (Seen.Count >= Options.MostRuns) return true;
        for (var i = 0; i < _codec.Count; i++)
            if (_places.Find(_codec[i].Key) is { } mine && mine.Context.Count >= Options.MostRuns) return true;
        return false;
    }

    private void Adopt()
    {
        Seen.Join(_codec.Seen);
        Seen.Join(_codec.Floor);
        Floor.Join(_codec.Floor);
    }
}
