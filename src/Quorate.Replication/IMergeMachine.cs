using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication;

/// <summary>
/// What a merging strategy replicates: objects that merge. Replicas that have taken in the same updates hold the same,
/// whatever the order, and however often each came. One caller at a time.
/// </summary>
public interface IMergeMachine
{
    /// <summary>The updates that are part of this state, or were removed from it.</summary>
    DotContext Seen { get; }

    /// <summary>The updates that every replica has confirmed, as told by <see cref="Collect"/>.</summary>
    VersionVector Stable { get; }

    /// <summary>
    /// Executes a client's command, read or write, on the state as it is here. <paramref name="reply"/> gets the reply as the
    /// client is to see it. True: it changed something, and <paramref name="delta"/> got what this node's journal and the
    /// other replicas must be given; neither delta nor reply may leave the node before the delta is durable here.
    /// </summary>
    bool Execute(ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta);

    /// <summary>The reply that a client of this node gets when the replica tells <see cref="OutcomeKind.Done"/> for its
    /// request. Copies the bytes.</summary>
    void Keep(RequestId request, ReadOnlySpan<byte> reply);

    /// <summary>A hint: this delta is among the next <see cref="IStateMachine.ForesightWindow"/> to be merged. The caller names a
    /// few together, so that the memory of their keys can be fetched at once instead of one key after another.</summary>
    void Foresee(ReadOnlySpan<byte> delta)
    {
    }

    /// <summary>Takes in what another replica told: a delta, or states of keys. All of it or nothing.</summary>
    MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now);

    /// <summary>Takes back a delta, states, a summary or a birth from this replica's own journal or snapshot.</summary>
    bool TryRecover(ReadOnlySpan<byte> bytes);

    /// <summary>After the last <see cref="TryRecover"/>, when everything that ever left this replica came back.</summary>
    void RemembersAll();

    /// <summary>Instead of <see cref="RemembersAll"/>, after a start without memory: <paramref name="record"/> gets what must
    /// be the first record of the new journal, durable before the first delta leaves.</summary>
    void BeginAnew(IBufferWriter<byte> record);

    /// <summary>After the whole of another replica's states was merged: what it had seen before it began to send them is seen
    /// here as well. False: the bytes are no summary.</summary>
    bool TryAdopt(ReadOnlySpan<byte> summary);

    /// <summary>Writes what this replica has seen; take it before the states that go with it.</summary>
    void WriteSummary(IBufferWriter<byte> output);

    /// <summary>Writes the state of one key, also of one that is not there: what was removed from it.</summary>
    void WriteState(ReadOnlySpan<byte> key, IBufferWriter<byte> output);

    /// <summary>Writes the states of keys whose hash is <paramref name="from"/> or above, in the order of hashes, until about
    /// <paramref name="budgetBytes"/> are written; moves <paramref name="from"/> on. False when these were the last.</summary>
    bool WriteStates(ref ulong from, int budgetBytes, IBufferWriter<byte> output);

    /// <summary>A digest of the keys in 1 of 2^<paramref name="level"/> equal parts of the hashes, level 0 to 12: equal on
    /// replicas that hold the same there.</summary>
    ulong DigestOf(int level, int part);

    /// <summary>The keys of one of the 4096 parts of level 12, each with its digest.</summary>
    IEnumerable<(byte[] Key, ulong Digest)> KeysOf(int part);

    /// <summary>The digest of one key as <see cref="KeysOf"/> has it; 0: holds nothing.</summary>
    ulong DigestOf(ReadOnlySpan<byte> key)
    {
        foreach (var (held, digest) in KeysOf((int)(Hash.Of(key) >> 52)))
            if (key.SequenceEqual(held)) return digest;
        return 0;
    }

    /// <summary>Every replica of the group has confirmed that it has seen these updates, and all that each had made itself when
    /// it confirmed them is here (it could be older than they are and not know them): what was removed by them may be forgotten.
    /// Looks at <paramref name="budget"/> keys at most.</summary>
    void Collect(VersionVector stable, int budget = int.MaxValue);

    /// <summary>Removes up to <paramref name="most"/> keys whose time is over. True: some were, and
    /// <paramref name="delta"/> got what others must be given.</summary>
    bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta);

    /// <summary>For a replica that lost its memory and has since merged the whole state of every other: what it made before, and
    /// nobody has, is gone. Each call writes a delta that says so of one more run of its updates, <paramref name="gap"/>. False:
    /// nothing is missing.</summary>
    bool CloseGap(IBufferWriter<byte> delta, out DotRun gap);
}
