using System.Buffers.Binary;
using Quorate.Cluster.Forwarding;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>What a node that forwards writes does when leaders refuse them, change, or say nothing.</summary>
public sealed class ForwarderTests
{
    private const long Session = 77;
    private const string Refusal = "-NOREPLICAS fewer in sync than the policy asks for\r\n";

    private readonly ForwardingNode _node = new(1);
    private readonly ForwardingGroup _group;
    private readonly ForwardingClient _client = new();
    private readonly Forwarder _forwarder;

    public ForwarderTests()
    {
        _group = new ForwardingGroup(_node) { Leader = new NodeId(2) };
        _forwarder = new Forwarder(Session, _node.Options.Self);
        _forwarder.MoveTo(_group);
    }

    /// <summary>
    /// <list type="number">
    /// <item>The leader refuses the second write for certain; the first is still open, so the second keeps its place.</item>
    /// <item>Another leader is elected: everything from the first on is sent again.</item>
    /// <item>If the second write were among it, the new leader would execute a write of which the client was told that it was
    /// not executed.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_write_that_was_refused_is_not_sent_again_with_those_before_it()
    {
        Write(1, "INCR first");
        Write(2, "INCR second");
        Sent().ShouldBe(["INCR first", "INCR second"]);
        _forwarder.OnReply(2, default, Bytes(Refusal), _node.Now);
        _client.Replies[2].ShouldBe(Refusal);
        BeLedBy(3);
        var again = Sent();
        again.Count.ShouldBe(2, "sequences are consecutive");
        again[0].ShouldBe("INCR first");
        again[1].ShouldStartWith("EXISTS ");
        _forwarder.OnReply(1, default, ":1\r\n"u8, _node.Now);
        _client.Replies[1].ShouldBe(":1\r\n");
        _forwarder.Count.ShouldBe(0);
    }

    /// <summary>The first leader may have the write in its log, and may lead again: the refusal of a second leader does not make
    /// it certain that the write is never executed.</summary>
    [Fact]
    public void A_refusal_of_a_write_that_was_sent_before_is_uncertain()
    {
        Write(1, "INCR n");
        Sent().ShouldBe(["INCR n"]);
        BeLedBy(3);
        Sent().ShouldBe(["INCR n"]);
        _forwarder.OnReply(1, default, Bytes(Refusal), _node.Now);
        _client.Replies[1].ShouldStartWith("-UNCERTAIN ");
    }

    private void Write(long slot, string words) =>
        _forwarder.Enqueue(_client, slot, 0, ForwardingClient.Words(words), _node.Now);

    private void BeLedBy(int leader)
    {
        _group.Leader = new NodeId(leader);
        _forwarder.OnLeaderChanged(_node.Now);
    }

    /// <summary>The commands that a turn's end sends to the leader.</summary>
    private List<string> Sent()
    {
        _forwarder.Flush(_node.Now);
        var commands = new List<string>();
        foreach (var (to, message) in _node.Sent)
        {
            to.ShouldBe(_group.Leader);
            var bytes = message.ShouldBeOfType<ForwardRequests>().Commands;
            while (bytes.Length > 0)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
                commands.Add(ForwardingGroup.WordsOf(bytes.Span.Slice(4, length)));
                bytes = bytes[(4 + length)..];
            }
        }

        _node.Sent.Clear();
        return commands;
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
