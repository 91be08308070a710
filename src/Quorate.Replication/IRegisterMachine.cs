using System.Buffers;

namespace Quorate.Replication;

/// <summary>What a change function did with a register.</summary>
public enum ChangeKind : byte
{
    /// <summary>The state is the one it was.</summary>
    Unchanged,

    /// <summary>There is another state.</summary>
    Changed,

    /// <summary>The command is none for one register, whatever the state: the reply says why.</summary>
    Refused,
}

/// <summary>
/// What a strategy replicates that agrees on the value of each key by itself: registers, and commands as functions from one
/// state to the next. [CASPaxos §2.2] A function may be evaluated several times, on different states, before one of the
/// results is chosen; so it must do nothing but compute. An empty state is a register that is not there. One caller at a time.
/// </summary>
public interface IRegisterMachine
{
    /// <summary>The one register that a command is about. False: it is about none or several.</summary>
    bool TryKey(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> key);

    /// <summary>Into how many commands on one register each the command may be taken apart, because it promises nothing about
    /// all of them together; 0: it may not, and <paramref name="refusal"/> got the reply.</summary>
    int CountParts(ReadOnlySpan<byte> payload, IBufferWriter<byte> refusal);

    /// <summary>Writes one of the commands that <see cref="CountParts"/> promised, 0-based.</summary>
    void WritePart(ReadOnlySpan<byte> payload, int part, IBufferWriter<byte> output);

    /// <summary>Makes one reply of the replies to the parts.</summary>
    void Join(ReadOnlySpan<byte> payload, IReadOnlyList<byte[]> replies, IBufferWriter<byte> reply);

    /// <summary>
    /// Evaluates a command. <paramref name="newState"/> is written only with <see cref="ChangeKind.Changed"/>, and left empty
    /// when the register is to be no more. An empty command changes only what time has changed (expiry).
    /// <paramref name="now"/> is the proposer's; the state remembers the latest time it was changed at, and time does not go
    /// back behind that.
    /// </summary>
    ChangeKind Change(
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> state, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> newState);

    /// <summary>True when an empty command would change this state: its time is over.</summary>
    bool IsDue(ReadOnlySpan<byte> state, StepTime now);

    /// <summary>The reply that a client of this node gets when the replica tells <see cref="OutcomeKind.Done"/> for its
    /// request. Copies the bytes.</summary>
    void Keep(RequestId request, ReadOnlySpan<byte> reply);
}
