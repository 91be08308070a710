using System.Buffers.Binary;
using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Journal;

/// <summary>A naive journal, a list, beside the real one on a faulty disk; every recovery is compared with the list.</summary>
internal sealed class JournalModel(ulong seed, JournalOptions options)
{
    private readonly Prng _prng = new(seed);
    private readonly List<Entry> _entries = []; // by point; marks are not in it
    private readonly SortedDictionary<int, long> _released = [];
    private long _mustSurvive;
    private long _serial;
    private int _lastGroupCount;

    public FaultyFiles Files { get; } = new();

    public NodeJournal Journal { get; private set; } = null!;

    public int Recovered { get; private set; }

    public int Lost { get; private set; }

    public int BatchesCut { get; private set; }

    public int Failures { get; private set; }

    public bool Syncs { get; set; } = true;

    /// <summary>Large batches of frames of one length, a mark's: what an earlier life left fits exactly behind a new
    /// frame.</summary>
    private bool IsUniform => seed % 4 == 0;

    /// <summary>Opens and compares. Null: all is right; else what is wrong (or "refused: …").</summary>
    public string? Open()
    {
        var found = new List<Entry>();
        var recovery = NodeJournal.Open(Files, options, (group, record, point) =>
        {
            found.Add(new Entry(point.Value, group.Value, record.ToArray()));
            return true;
        });
        if (recovery.Journal is null) return "refused: " + recovery.Refusal;
        if (Compare(found, recovery.Last.Value) is { } wrong) return wrong;
        Recovered += found.Count;
        BatchesCut += recovery.BatchesCut;
        Lost += _entries.RemoveAll(e => e.Point > recovery.Last.Value);
        _mustSurvive = recovery.Last.Value;
        Journal = recovery.Journal;
        return null;
    }

    /// <summary>A life: random steps, which end with a power loss or a death of the process.</summary>
    public string? Live(int steps)
    {
        var losesPower = _prng.Chance(700);
        if (losesPower && _prng.Chance(700)) Files.CallsToPowerLoss = _prng.Below(3 * steps);
        if (_prng.Chance(150)) Files.SyncsToFailure = _prng.Below(12);
        if (_prng.Chance(50)) Files.WritesToFailure = _prng.Below(12);
        try
        {
            for (var i = 0; i < steps; i++) Step();
        }
        catch (PowerLoss)
        {
            losesPower = true;
        }

        Failures += Journal.IsFailed ? 1 : 0;
        if (losesPower) Files.Crash(_prng);
        else Files.EndFaults();
        return OpenAmongFaults();
    }

    /// <summary>Recovery is interrupted too, and begins again.</summary>
    private string? OpenAmongFaults()
    {
        while (_prng.Chance(300))
        {
            if (_prng.Chance(500)) Files.CallsToPowerLoss = _prng.Below(6);
            else Files.SyncsToFailure = 0;
            try
            {
                if (Open() is { } wrong && !wrong.Contains("input/output error", StringComparison.Ordinal)) return wrong;
                Files.EndFaults();
            }
            catch (PowerLoss)
            {
                Files.Crash(_prng);
            }
        }

        return Open();
    }

    public void Step()
    {
        switch (_prng.Below(16))
        {
            case var die when die < (IsUniform ? 12 : 9): Append(); break;
            case < 13: WriteBatch(); break;
            case 13: Journal.PrepareNext(); break;
            case 14: Release(); break;
            default: Journal.AppendMark(); break;
        }
    }

    public void Append()
    {
        var length = IsUniform ? 24 : _prng.Below(10) switch
        {
            < 5 => 24,
            < 8 => _prng.Below(200),
            8 => _prng.Below(3000),
            _ => _prng.Chance(100) ? _prng.Below(30_000) : 0,
        };
        var group = 1 + _prng.Below(4);
        var record = new byte[length];
        for (var i = 0; i < length; i++) record[i] = (byte)_prng.NextUInt64();
        if (length >= 8) BinaryPrimitives.WriteInt64LittleEndian(record, ++_serial);
        var point = Journal.Append(new GroupId(group), record);
        _entries.Add(new Entry(point.Value, group, record));
    }

    public bool WriteBatch()
    {
        var batch = Journal.TakeBatch();
        if (batch is null) return false;
        if (!Journal.Write(batch, Syncs)) return false;
        var done = Journal.Complete(batch).Value;
        if (Syncs) _mustSurvive = done;
        return true;
    }

    /// <summary>Replaces the disk, to look at it in several ways.</summary>
    public string? OpenCopy(FaultyFiles files, long mustSurvive)
    {
        var found = new List<Entry>();
        var recovery = NodeJournal.Open(files, options, (group, record, point) =>
        {
            found.Add(new Entry(point.Value, group.Value, record.ToArray()));
            return true;
        });
        if (recovery.Journal is null) return "refused: " + recovery.Refusal;
        return Compare(found, recovery.Last.Value, mustSurvive);
    }

    private void Release()
    {
        if (_entries.Count == 0) return;
        var group = 1 + _prng.Below(4);
        // Group 4 hardly ever releases: what it holds must not hold up the others, nor be lost with them.
        if (group == 4 && !_prng.Chance(100)) return;
        var point = _entries[_prng.Below(_entries.Count)].Point;
        // As a replica does: what it gives up is held by something durable; here, by records that are.
        if (point > _mustSurvive) return;
        Journal.Release(new GroupId(group), new PersistPoint(point));
        if (!_released.TryGetValue(group, out var before) || before < point) _released[group] = point;
    }

    private string? Compare(List<Entry> found, long last, long? mustSurvive = null)
    {
        if (last < (mustSurvive ?? _mustSurvive))
            return $"lost: recovered up to {last}, {mustSurvive ?? _mustSurvive} was durable";
        _lastGroupCount = 0;
        for (var i = 1; i < found.Count; i++)
        {
            if (found[i].Point <= found[i - 1].Point) return $"order: {found[i].Point} after {found[i - 1].Point}";
        }

        for (var group = 1; group <= 4; group++)
        {
            // A suffix without gaps of what was appended up to the end, with all that is not released.
            var expected = _entries.Where(e => e.Group == group && e.Point <= last).ToList();
            var got = found.Where(e => e.Group == group).ToList();
            _lastGroupCount += got.Count;
            if (got.Count > expected.Count) return $"group {group}: {got.Count} records of {expected.Count}";
            for (var i = 1; i <= got.Count; i++)
            {
                var (e, g) = (expected[^i], got[^i]);
                if (e.Point != g.Point || !e.Bytes.AsSpan().SequenceEqual(g.Bytes))
                    return $"group {group}: point {g.Point} instead of {e.Point}, or other bytes";
            }

            var released = _released.GetValueOrDefault(group);
            if (got.Count < expected.Count && expected[^(got.Count + 1)].Point >= released)
            {
                return $"group {group}: point {expected[^(got.Count + 1)].Point} is missing, released is {released}";
            }
        }

        return _lastGroupCount == found.Count ? null : "records of groups that do not exist";
    }

    private sealed record Entry(long Point, int Group, byte[] Bytes);
}
