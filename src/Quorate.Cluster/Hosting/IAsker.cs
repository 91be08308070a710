using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Hosting;

/// <summary>A client's session as groups see it that execute its commands: the one place where replies come back, each for a slot
/// that the session gave the command. Never within a step of the session itself, but for <see cref="CompleteSlot"/>.</summary>
internal interface IAsker
{
    /// <summary>RESP 2 or 3: what replies to this client are written in.</summary>
    int Protocol { get; }

    /// <summary>The client's reads go by what it has written and read: both are to be noted.</summary>
    bool FollowsHistory { get; }

    /// <summary>The client's own output, for a slot's reply when nothing is owed before it; null: <see cref="CompleteSlot"/>
    /// takes it. After writing, <see cref="OnHeadWritten"/>.</summary>
    RespWriter? WriterFor(long slot);

    /// <summary>The reply of the first unanswered command has been written to <see cref="WriterFor"/>.</summary>
    void OnHeadWritten();

    /// <summary>The reply to a command. Copies the bytes if it cannot go out yet.</summary>
    void CompleteSlot(long slot, ReadOnlySpan<byte> reply);

    /// <summary>How a request ended whose reply does not come, or that leave to read was given.</summary>
    void OnOutcome(long slot, in Outcome outcome);

    /// <summary>The client has seen a group's history up to here.</summary>
    void NoteSeen(GroupId group, in HistoryPoint point);

    /// <summary>Something that the session waits for has changed: it goes on after the step.</summary>
    void MakeReady();
}
