using System.Buffers;

namespace Quorate.Replication;

/// <summary>
/// A state machine whose entries can be shipped as the state they led to instead of as the commands they were
/// (counter 0, +2, +3: ships 2, then 5). Such shipping is idempotent, works for commands that are not deterministic,
/// and a replica that is behind is sent only the newest state of what it lacks.
/// </summary>
public interface IStateShipping
{
    /// <summary>Executes a command at the leader, as <see cref="IStateMachine.Apply"/> does, and writes the new state of
    /// all it changed: an effect. Its answer to <paramref name="request"/> must not be told before the effect is
    /// committed.</summary>
    void Execute(LogIndex index, ReadOnlySpan<byte> payload, RequestId request, IBufferWriter<byte> effect);

    /// <summary>Puts an effect's state in place of what was there. False, and nothing is changed: the bytes are not an
    /// effect.</summary>
    bool TryApplyEffect(LogIndex index, ReadOnlySpan<byte> effect);

    /// <summary>Writes one effect that leads a replica whose state is that of <paramref name="since"/> to the state of now.
    /// False: what changed since then is not known any more, or is too much to be told at once; send a snapshot, and throw
    /// away what was written.</summary>
    bool TryWriteChangesSince(LogIndex since, IBufferWriter<byte> effect);
}
