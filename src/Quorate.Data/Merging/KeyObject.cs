using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>
/// What replicas merge under one key: a string, a hash, a set and a sorted set, of which all but one are empty unless replicas
/// gave the key different types at once; its deadlines; and the context of what was seen of all of them. A removal of the key
/// needs no mark of its own: what was seen and is not there was removed. States and deltas have the same form.
/// </summary>
internal sealed class KeyObject
{
    private const byte WholeFlag = 1;
    private const byte TextFlag = 2;
    private const byte HashFlag = 4;
    private const byte SetFlag = 8;
    private const byte SortedFlag = 16;
    private const byte DeadlinesFlag = 32;

    private static readonly Cell NoText = new();
    private static readonly ObservedRemoveMap NoHash = new();
    private static readonly AddWinsSet NoSet = new();
    private static readonly MultiValueRegister NoDeadlines = new();

    /// <summary>Of a delta that is read and then reused an array of this length or less is kept for the next key.</summary>
    private const int MostSpareBytes = 1024;

    private Cell? _spareText;

    public byte[] Key { get; set; } = [];

    /// <summary>Of the key; the order of the table.</summary>
    public ulong KeyHash { get; set; }

    public KeyObject? Next { get; set; }

    /// <summary>Seen dots, beyond what every replica is known to have seen.</summary>
    public DotContext Context { get; } = new();

    public Cell? Text { get; private set; }

    public ObservedRemoveMap? Fields { get; private set; }

    public AddWinsSet? Members { get; private set; }

    public ScoredSet? Scores { get; private set; }

    public MultiValueRegister? Deadlines { get; private set; }

    /// <summary>Of a delta: only what it lists is concerned.</summary>
    public bool IsPartial { get; set; }

    /// <summary>What the merge rule made of concurrent strings; null: not asked, or it failed.</summary>
    public byte[]? Merged { get; set; }

    /// <summary>As counted in the table's digests.</summary>
    public ulong Digest { get; set; }

    /// <summary>As it stands in the order of deadlines; never: not in it.</summary>
    public long DueAt { get; set; } = Never;

    /// <summary>Is in the table.</summary>
    public bool IsKept { get; set; }

    /// <summary>Is in the list of conflicts.</summary>
    public bool IsListed { get; set; }

    /// <summary>Waits in the queue of <see cref="MergingStore.Collect"/>.</summary>
    public bool IsQueued { get; set; }

    public const long Never = long.MaxValue;

    public bool HasText => Text is { IsLive: true };

    public bool HasFields => Fields is { LiveCount: > 0 };

    public bool HasMembers => Members is { Count: > 0 };

    public bool HasScores => Scores is { LiveCount: > 0 };

    /// <summary>A reader sees something, if it is not expired.</summary>
    public bool IsLive => HasFields || HasScores || HasMembers || HasText;

    public int KindCount => (HasText ? 1 : 0) + (HasFields ? 1 : 0) + (HasMembers ? 1 : 0) + (HasScores ? 1 : 0);

    /// <summary>
    /// The type that readers see. When replicas gave the key different types at once it holds all of them, and the one that
    /// comes first in this order is shown: the order is fixed so that it does not change while the key is in use.
    /// </summary>
    public ValueKind Kind =>
        HasFields ? ValueKind.Hash : HasScores ? ValueKind.SortedSet : HasMembers ? ValueKind.Set : ValueKind.String;

    /// <summary>The latest of concurrent deadlines, Unix milliseconds; <see cref="Never"/>: there is none, or one says
    /// so.</summary>
    public long Deadline
    {
        get
        {
            if (Deadlines is not { Count: > 0 } all) return Never;
            var latest = 0L;
            foreach (ref readonly var sibling in all.Siblings) latest = Math.Max(latest, DecodeDeadline(sibling.Value));
            return latest;
        }
    }

    public Cell TextToChange()
    {
        Text ??= _spareText ?? new Cell();
        _spareText = null;
        return Text;
    }

    public ObservedRemoveMap FieldsToChange() => Fields ??= new ObservedRemoveMap();

    public AddWinsSet MembersToChange() => Members ??= new AddWinsSet();

    public ScoredSet ScoresToChange() => Scores ??= new ScoredSet();

    public MultiValueRegister DeadlinesToChange() => Deadlines ??= new MultiValueRegister();

    /// <summary>True when nothing is left that anybody has to know.</summary>
    public bool IsGone =>
        !IsLive && Context.Count == 0 && Deadlines is not { Count: > 0 }
        && Text is not { HasRemains: true } && Fields is not { IsEmpty: false } && Scores is not { IsEmpty: false };

    /// <summary>Takes in a delta or a state of the same key.</summary>
    /// <param name="floor">What this replica has seen of all keys.</param>
    /// <param name="theirFloor">The same of whoever sent a state; null for a delta.</param>
    public void Join(KeyObject other, VersionVector floor, VersionVector? theirFloor, MergeRules rules, JoinNotes notes)
    {
        var scope = new JoinScope(
            new Observed(Context, floor), new Observed(other.Context, theirFloor), rules, notes, other.IsPartial);
        notes.Part = Part.Text;
        notes.Field = [];
        if (other.Text is not null || (Text is not null && !other.IsPartial)) TextToChange().Join(other.Text ?? NoText, scope);
        notes.Part = Part.Field;
        if (other.Fields is not null || (Fields is not null && !other.IsPartial))
            FieldsToChange().Join(other.Fields ?? NoHash, scope);
        notes.Part = Part.Member;
        if (other.Scores is not null || (Scores is not null && !other.IsPartial))
            ScoresToChange().Join(other.Scores ?? NoHash, scope);
        if (other.Members is not null || (Members is not null && !other.IsPartial))
            MembersToChange().Join(other.Members ?? NoSet, scope);
        notes.Part = Part.Expiry;
        if (other.Deadlines is not null || (Deadlines is not null && !other.IsPartial))
            DeadlinesToChange().Join(other.Deadlines ?? NoDeadlines, scope);
        Context.Join(other.Context);
        if (theirFloor is not null) Context.Join(theirFloor);
        Trim(floor);
    }

    /// <summary>Forgets of the context what is seen of all keys, and parts that are empty.</summary>
    public void Trim(VersionVector floor)
    {
        Context.Trim(floor);
        if (Text is { IsLive: false, HasRemains: false }) Text = null;
        if (Fields is { IsEmpty: true }) Fields = null;
        if (Scores is { IsEmpty: true }) Scores = null;
        if (Members is { Count: 0 }) Members = null;
        if (Deadlines is { Count: 0 }) Deadlines = null;
    }

    /// <summary>Forgets what every replica has confirmed. True when something is left that waits for it.</summary>
    public bool Collect(VersionVector stable)
    {
        var waits = Text?.Collect(stable) ?? false;
        waits |= Fields?.Collect(stable) ?? false;
        waits |= Scores?.Collect(stable) ?? false;
        Trim(stable);
        return waits || Context.Count > 0;
    }

    /// <summary>A hash of what the key holds, the same on replicas that hold the same; 0 when it holds nothing.</summary>
    public ulong ComputeDigest()
    {
        var sum = 0UL;
        if (Text is not null) sum += DigestOf.Numbers(1, (long)Text.Digest());
        if (HasFields) sum += DigestOf.Numbers(2, (long)Fields!.Digest());
        if (HasMembers) sum += DigestOf.Numbers(3, (long)Members!.Digest());
        if (HasScores) sum += DigestOf.Numbers(4, (long)Scores!.Digest());
        if (Deadlines is { Count: > 0 }) sum += DigestOf.Numbers(5, (long)Deadlines.Digest());
        if (!IsLive && Deadlines is not { Count: > 0 }) return 0;
        return DigestOf.Numbers((long)KeyHash, (long)sum);
    }

    public void Clear()
    {
        if (Key.Length > MostSpareBytes) Key = [];
        Context.Clear();
        if (Text is not null)
        {
            Text.Clear();
            _spareText = Text;
            Text = null;
        }

        Fields?.Clear();
        Members?.Clear();
        Scores?.Clear();
        Trim(Nothing);
        Deadlines = null;
        IsPartial = false;
    }

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, (byte)(
            (IsPartial ? 0 : WholeFlag) | (Text is null ? 0 : TextFlag) | (Fields is null ? 0 : HashFlag)
            | (Members is null ? 0 : SetFlag)
            | (Scores is null ? 0 : SortedFlag) | (Deadlines is null ? 0 : DeadlinesFlag)));
        Context.Encode(output);
        Text?.Encode(output);
        Fields?.Encode(output);
        Members?.Encode(output);
        Scores?.Encode(output);
        Deadlines?.Encode(output);
    }

    /// <summary>Reads into this, replacing it; raises <paramref name="newest"/> to the greatest stamp met. False: no
    /// object.</summary>
    public bool TryDecode(ref PackedReader reader, ref HybridTime newest)
    {
        Clear();
        if (!reader.TryByte(out var flags) || flags >= DeadlinesFlag * 2) return false;
        IsPartial = (flags & WholeFlag) == 0;
        if (!DotContext.TryDecode(ref reader, Context)) return false;
        if ((flags & TextFlag) != 0 && !TextToChange().TryDecode(ref reader, ref newest)) return false;
        if ((flags & HashFlag) != 0 && !FieldsToChange().TryDecode(ref reader, ref newest)) return false;
        if ((flags & SetFlag) != 0 && !MembersToChange().TryDecode(ref reader)) return false;
        if ((flags & SortedFlag) != 0 && !ScoresToChange().TryDecode(ref reader, ref newest)) return false;
        return (flags & DeadlinesFlag) == 0 || DeadlinesToChange().TryDecode(ref reader, ref newest);
    }

    public static byte[] EncodeDeadline(long unixMilliseconds)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, unixMilliseconds);
        return bytes;
    }

    private static readonly VersionVector Nothing = new();

    /// <summary>What is no deadline can only come from a replica gone wrong; every replica takes it for none.</summary>
    private static long DecodeDeadline(byte[] bytes) =>
        bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : Never;
}
