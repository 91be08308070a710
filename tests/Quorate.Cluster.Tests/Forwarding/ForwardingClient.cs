using System.Text;
using Quorate.Cluster.Hosting;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>A client's session that keeps the replies it gets, by slot.</summary>
internal sealed class ForwardingClient : IAsker
{
    public Dictionary<long, string> Replies { get; } = [];

    public int Protocol => 2;

    public bool FollowsHistory => false;

    public RespWriter? WriterFor(long slot) => null;

    public void OnHeadWritten()
    {
    }

    public void CompleteSlot(long slot, ReadOnlySpan<byte> reply) => Replies.Add(slot, Encoding.UTF8.GetString(reply));

    public void OnOutcome(long slot, in Outcome outcome)
    {
    }

    public void NoteSeen(GroupId group, in HistoryPoint point)
    {
    }

    public void MakeReady()
    {
    }

    public static CommandArgs Words(string line)
    {
        var words = line.Split(' ');
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        return new CommandArgs(Encoding.UTF8.GetBytes(string.Concat(words)), ranges);
    }
}
