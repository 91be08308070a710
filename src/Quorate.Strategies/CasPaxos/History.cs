using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// By which rounds a value came about: the last change of each proposer that is part of it. It travels with the value, so that
/// a proposer whose accept was overtaken finds out whether its change is in what it was overtaken by.
/// <para>Why that is needed: 1. P proposes INCR at ballot 1; only acceptor A accepts. 2. Q prepares 2 at A and B, sees P's value,
/// proposes its own INCR upon it. 3. P prepares 3 and sees Q's value at ballot 2. Without a history it cannot know whether its
/// INCR is part of that; if it is and P repeats it, one INCR counts twice; if it is not and P says done, none does.</para>
/// <para>An attempt of P that is greater than <see cref="Forgotten"/> is part of the value if, and only if, it is listed: P has
/// one batch under way for a key, proposes it again only upon values that it is not part of, so that later changes of P come
/// after it is settled.</para>
/// </summary>
internal readonly ref struct History(ReadOnlySpan<byte> bytes)
{
    /// <summary>Proposers that are listed, at most.</summary>
    public const int MostProposers = 8;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Nothing is known of changes up to this ballot.</summary>
    public Ballot Forgotten
    {
        get
        {
            var reader = new PackedReader(_bytes);
            return Ballot.TryRead(ref reader, out var forgotten) ? forgotten : default;
        }
    }

    public bool Contains(Ballot ballot)
    {
        var reader = new PackedReader(_bytes);
        if (!Ballot.TryRead(ref reader, out _)) return false;
        while (Ballot.TryRead(ref reader, out var listed)) if (listed == ballot) return true;
        return false;
    }

    public static bool IsWellFormed(ReadOnlySpan<byte> bytes)
    {
        var reader = new PackedReader(bytes);
        // What was forgotten may be later than what is listed: it stands for other keys as well.
        if (!Ballot.TryRead(ref reader, out _)) return false;
        var last = default(Ballot);
        for (var n = 0; !reader.IsAtEnd; n++)
        {
            if (n == MostProposers || !Ballot.TryRead(ref reader, out var listed) || listed <= last) return false;
            last = listed;
        }

        return true;
    }

    /// <summary>The history of a register of which no acceptor of a majority knows anything.</summary>
    public static void WriteNone(Ballot forgotten, IBufferWriter<byte> output) => forgotten.Write(output);

    /// <summary>This history with one more change, which is newer than all of it.</summary>
    public void WriteWith(Ballot change, IBufferWriter<byte> output)
    {
        Span<Ballot> listed = stackalloc Ballot[MostProposers + 1];
        var count = 0;
        var reader = new PackedReader(_bytes);
        Invariant.Require(Ballot.TryRead(ref reader, out var forgotten), "a history begins with the last ballot it forgot");
        while (Ballot.TryRead(ref reader, out var ballot))
        {
            Invariant.Require(ballot < change, "a change is newer than those before it");
            if (ballot.Node != change.Node) listed[count++] = ballot;
            if (reader.IsAtEnd) break;
        }

        listed[count++] = change;
        var first = 0;
        if (count > MostProposers) forgotten = Ballot.Max(forgotten, listed[first++]);
        forgotten.Write(output);
        for (var i = first; i < count; i++) listed[i].Write(output);
    }
}

/// <summary>What an acceptor keeps as the value of a register: [length of history][history][state]. No state: a tombstone.
/// [CASPaxos §3.1]</summary>
internal static class Versioned
{
    public static bool IsWellFormed(ReadOnlySpan<byte> value)
    {
        var reader = new PackedReader(value);
        return reader.TryBytes(out var history) && History.IsWellFormed(history);
    }

    public static History HistoryOf(ReadOnlySpan<byte> value)
    {
        var reader = new PackedReader(value);
        reader.TryBytes(out var history);
        return new History(history);
    }

    /// <summary>Empty: the register is not there.</summary>
    public static ReadOnlySpan<byte> StateOf(ReadOnlySpan<byte> value)
    {
        var reader = new PackedReader(value);
        return reader.TryBytes(out _) ? value[^reader.Remaining..] : default;
    }

    public static bool IsTombstone(ReadOnlySpan<byte> value)
    {
        var reader = new PackedReader(value);
        return reader.TryBytes(out _) && reader.IsAtEnd;
    }
}
