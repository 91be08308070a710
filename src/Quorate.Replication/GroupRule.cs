using System.Buffers.Binary;

namespace Quorate.Replication;

/// <summary>
/// What of a policy a group's replicas act by and what can be altered while they serve. It comes with a configuration and holds
/// from its epoch on: whoever acts in an epoch acts by that epoch's rule, whichever way it heard of it.
/// </summary>
/// <param name="Ack">See <see cref="Policy.Ack"/>.</param>
/// <param name="AckBackups">See <see cref="Policy.AckBackups"/>.</param>
/// <param name="MinInSync">See <see cref="Policy.MinInSync"/>.</param>
/// <param name="WhenShort">See <see cref="Policy.WhenShort"/>.</param>
/// <param name="Replicas">How many replicas there are to be: a majority is more than half of them, also while some are on their
/// way in.</param>
/// <param name="Craq">Chain: any replica answers reads.</param>
public sealed record GroupRule(Ack Ack, int AckBackups, int MinInSync, WhenShort WhenShort, int Replicas, bool Craq)
{
    /// <summary>See <see cref="Policy.DelayMilliseconds"/>. Encoded beside the configuration's <see cref="Standby"/>, not
    /// here.</summary>
    public int DelayMilliseconds { get; init; }

    /// <summary>Of <see cref="Write"/>, in bytes.</summary>
    public const int EncodedLength = 15;

    public static GroupRule Of(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new GroupRule(
            policy.Ack, policy.AckBackups, policy.MinInSync, policy.WhenShort, policy.Replicas,
            policy.Reads != ReadConsistency.Tail)
        {
            DelayMilliseconds = policy.DelayMilliseconds,
        };
    }

    /// <summary>Writes <see cref="EncodedLength"/> bytes.</summary>
    public void Write(Span<byte> output)
    {
        output[0] = (byte)Ack;
        output[1] = (byte)WhenShort;
        output[2] = Craq ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(output[3..], AckBackups);
        BinaryPrimitives.WriteInt32LittleEndian(output[7..], MinInSync);
        BinaryPrimitives.WriteInt32LittleEndian(output[11..], Replicas);
    }

    /// <summary>False: these bytes are no rule.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out GroupRule? rule)
    {
        rule = null;
        if (bytes.Length != EncodedLength
            || !Enum.IsDefined((Ack)bytes[0]) || !Enum.IsDefined((WhenShort)bytes[1]) || bytes[2] > 1)
            return false;
        var backups = BinaryPrimitives.ReadInt32LittleEndian(bytes[3..]);
        var floor = BinaryPrimitives.ReadInt32LittleEndian(bytes[7..]);
        var replicas = BinaryPrimitives.ReadInt32LittleEndian(bytes[11..]);
        if (backups < 0 || floor < 0 || replicas < 0) return false;
        rule = new GroupRule((Ack)bytes[0], backups, floor, (WhenShort)bytes[1], replicas, bytes[2] == 1);
        return true;
    }
}
