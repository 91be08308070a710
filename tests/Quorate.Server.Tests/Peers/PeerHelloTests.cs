using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Server.Peers;

namespace Quorate.Server.Tests.Peers;

public sealed class PeerHelloTests
{
    private static readonly PeerHello Good = new(new NodeId(1), new NodeId(2), 77, "10.0.0.1:7001", "10.0.0.1:9001");
    private static readonly NodeId[] Members = [new(1), new(2), new(3)];

    [Fact]
    public void Survives_the_wire()
    {
        PeerHello.TryDecode(Good.Encode().AsSpan(4), out var hello, out _).ShouldBeTrue();
        hello.ShouldBe(Good);
    }

    [Fact]
    public void Truncated_or_changed_it_is_refused_or_another_one_but_never_an_accident()
    {
        var bytes = Good.Encode().AsSpan(4).ToArray();
        for (var i = 0; i < bytes.Length; i++) PeerHello.TryDecode(bytes.AsSpan(0, i), out _, out var why).ShouldBeFalse(why);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = bytes.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            if (PeerHello.TryDecode(changed, out var hello, out _)) hello.ShouldNotBe(Good);
        }
    }

    [Theory]
    [InlineData(1, 2, 77UL, "")]
    [InlineData(1, 2, 78UL, "another cluster")]
    [InlineData(1, 3, 77UL, "looks for n3")]
    [InlineData(2, 2, 77UL, "two nodes were started")]
    [InlineData(9, 2, 77UL, "n9 is not a member")]
    public void Is_taken_by_the_node_it_is_meant_for(int from, int to, ulong cluster, string reason)
    {
        new PeerHello(new NodeId(from), new NodeId(to), cluster, "", "")
            .IsFor(new NodeId(2), 77, Members, out var why).ShouldBe(reason.Length == 0);
        why.ShouldContain(reason);
    }

    [Theory]
    [InlineData(PeerVerdict.Taken)]
    [InlineData(PeerVerdict.Refused)]
    [InlineData(PeerVerdict.Removed)]
    internal void The_answer_survives_the_wire(PeerVerdict verdict)
    {
        PeerWelcome.TryDecode(PeerWelcome.Encode("why", verdict).AsSpan(4), out var told, out var text).ShouldBeTrue();
        (told, text).ShouldBe((verdict, "why"));
        PeerWelcome.TryDecode([], out _, out _).ShouldBeFalse();
        PeerWelcome.TryDecode([3], out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_cluster_is_known_by_its_names_not_by_its_addresses()
    {
        Fingerprint("n1", "a:1").ShouldBe(Fingerprint("n1", "b:2"));
        Fingerprint("n1", "a:1").ShouldNotBe(Fingerprint("m1", "a:1"));
        static ulong Fingerprint(string name, string address) =>
            new PeerIdentity(new NodeId(1), [], [new Member(new NodeId(1), name, address, "")], "").Cluster;
    }
}
