namespace Quorate.Cluster.Sessions;

/// <summary>What a client is told whose patience is over: whether its command may have happened.</summary>
internal static class LateReply
{
    /// <param name="session">Whose command it is.</param>
    /// <param name="sequence">Its place.</param>
    /// <param name="slot">What is known of it.</param>
    public static ReadOnlySpan<byte> Of(ClientSession session, long sequence, in SessionSlot slot)
    {
        if (slot.Group is not { } group) return session.Keyspace.Commands.Unreached;
        if (slot.State != SlotState.Writing) return group.Commands.Unreached;
        var mayHappen = slot.MayHaveHappened || (group.Outgoing.GiveUp(session.Replies, sequence) && !slot.IsRead);
        return mayHappen ? Replies.Uncertain(group.Commands.WhyLate) : group.Commands.Unreached;
    }
}
