namespace Quorate.Cluster.Sessions;

/// <summary>What a client is told whose patience is over: whether its command may have happened.</summary>
internal static class LateReply
{
    /// <param name="group">Where the command went.</param>
    /// <param name="session">Whose it is.</param>
    /// <param name="sequence">Its place.</param>
    /// <param name="slot">What is known of it.</param>
    public static ReadOnlySpan<byte> Of(Group group, ClientSession session, long sequence, in Slot slot)
    {
        if (slot.State != SlotState.Writing) return group.Merging is null ? Replies.NoLeader : Replies.NoReplica;
        if (group.Merging is null)
            return slot.MayHaveHappened || group.Forwarder.GiveUp(session, sequence) ? Replies.Uncertain("no majority answered in time") : Replies.NoLeader;
        var mayHappen = slot.MayHaveHappened || (group.Merging.Forwarder.GiveUp(session, sequence) && !slot.IsRead);
        return mayHappen ? Replies.Uncertain("not enough replicas answered in time") : Replies.NoReplica;
    }
}
