using System.Buffers;

namespace Quorate.Replication;

/// <summary>Which keys a command is about.</summary>
public enum CommandReach : byte
{
    /// <summary>Keys of one partition, named in the command; or none, which any partition may answer.</summary>
    OnePartition,

    /// <summary>Keys of several partitions: it is cut into <see cref="CommandPart"/>s.</summary>
    SeveralPartitions,

    /// <summary>Whatever keys there are: every partition has a part of it.</summary>
    EveryPartition,
}

/// <summary>A client's command as a strategy must see it that cuts a keyspace into partitions.</summary>
/// <param name="Partition">Of <see cref="CommandReach.OnePartition"/>.</param>
/// <param name="IsWrite">It may change something.</param>
public readonly record struct CommandLook(CommandReach Reach, int Partition, bool IsWrite);

/// <summary>What of a command one partition executes.</summary>
/// <param name="Places">Which of the whole command's keys are this part's, 0-based.</param>
public sealed record CommandPart(int Partition, byte[] Payload, IReadOnlyList<int> Places);

/// <summary>
/// Looks into the payloads of commands for a strategy that cuts its keyspace into partitions, by the slots of the keys
/// (<see cref="KeySlot"/>): partition p of P has the slots from p × 16384 / P on. One caller at a time.
/// </summary>
public interface ICommandKeys
{
    /// <summary>False: the bytes are no command that can be executed; executing it anywhere answers with the error.</summary>
    bool TryLook(ReadOnlySpan<byte> payload, int partitions, out CommandLook look);

    /// <summary>The keys of a command, in the order they are named; none where it names none.</summary>
    IReadOnlyList<byte[]> KeysOf(ReadOnlySpan<byte> payload);

    /// <summary>Cuts a command that is about several partitions or all.</summary>
    IReadOnlyList<CommandPart> Split(ReadOnlySpan<byte> payload, int partitions);

    /// <summary>Makes the whole command's reply of those of its parts, which come in the order of the parts.</summary>
    void Join(
        ReadOnlySpan<byte> payload, IReadOnlyList<CommandPart> parts, IReadOnlyList<byte[]> replies, IBufferWriter<byte> reply);
}
