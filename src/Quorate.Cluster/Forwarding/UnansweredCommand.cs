using Quorate.Cluster.Hosting;

namespace Quorate.Cluster.Forwarding;

/// <summary>A client's command that another node is to execute and that has no reply yet.</summary>
internal abstract class UnansweredCommand
{
    /// <summary>Null: the client has its reply, or waits no longer.</summary>
    public IAsker? Client { get; set; }

    public long Slot { get; init; }

    public required byte[] Entry { get; set; }

    /// <summary>It needs nothing more than its place among the sequences.</summary>
    public bool IsDone { get; set; }

    /// <summary>Gives the client its reply, the first time.</summary>
    public void Finish(ReadOnlySpan<byte> reply)
    {
        if (IsDone) return;
        IsDone = true;
        Client?.CompleteSlot(Slot, reply);
        Client = null;
    }
}
