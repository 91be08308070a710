using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Turns;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Strategies.Primary;

namespace Quorate.Cluster.Tests.Shipping;

/// <summary>A group whose primary executes before it commits: what the machine answered leaves the node when it is
/// committed.</summary>
public sealed class EarlyReplyTests
{
    private static readonly NodeId Self = new(1);
    private static readonly NodeId Peer = new(2);
    private static readonly StepTime Now = new(1_000_000_000, 1_700_000_000_000);

    private readonly Host _host = new();
    private readonly Node _node;
    private readonly OrderedGroup _group;
    private byte[] _entry = [];

    public EarlyReplyTests()
    {
        Member[] members = [new(Self, "n1", "p:1", "r:1"), new(Peer, "n2", "p:2", "r:2")];
        _node = new Node(
            new NodeOptions
            {
                Self = Self,
                Members = members,
                Seed = 1,
                Incarnation = 1,
                Strategies = Strategies.StrategyTable.All,
            },
            _host);
        var options = new PrimaryOptions { Ack = Ack.Async, Ship = Ship.State };
        _group = new OrderedGroup(
            new GroupId(9), _node.Turns,
            g => new PrimaryReplica(Self, options, g.Machine, new NoSnapshots(), new NothingLost(), 1));
        _group.Replica.Start(Now, _group.Effects);
        Configure(1, Self);
        Persist();
        TurnEnd();
        Persist();
        _group.Replica.IsLeader.ShouldBeTrue();
    }

    [Fact]
    public void A_clients_reply_waits_until_the_write_is_committed()
    {
        var session = Write("INCR", "n");
        TurnEnd();
        _group.Machine.Databases[0].Count.ShouldBe(1, "it is executed");
        session.Output.Length.ShouldBe(0);
        Persist();
        LocalCluster.Take(session).ShouldBe(":1");
        session.PendingCount.ShouldBe(0);
    }

    [Fact]
    public void Replies_of_one_batch_come_each_to_its_own_client()
    {
        for (var round = 0; round < 3; round++)
        {
            var sessions = Enumerable.Range(0, 100).Select(_ => Write("INCR", "n")).ToArray();
            TurnEnd();
            sessions.ShouldAllBe(s => s.Output.Length == 0);
            Persist();
            for (var i = 0; i < sessions.Length; i++) LocalCluster.Take(sessions[i]).ShouldBe($":{(round * 100) + i + 1}");
        }
    }

    [Fact]
    public void Of_a_write_whose_outcome_stays_unknown_the_reply_is_thrown_away()
    {
        var session = Write("INCR", "n");
        TurnEnd();
        Configure(2, Peer);
        LocalCluster.Take(session).ShouldStartWith("-UNCERTAIN");
        Persist();
        LocalCluster.Take(session).ShouldBe("");
    }

    [Fact]
    public void A_write_that_was_never_executed_is_refused_as_ever()
    {
        var session = Write("INCR", "n");
        Configure(2, Peer);
        LocalCluster.Take(session).ShouldStartWith("-TRYAGAIN");
        _group.Machine.Databases[0].Count.ShouldBe(0);
    }

    [Fact]
    public void A_peer_that_asks_again_is_not_told_what_is_executed_and_not_committed()
    {
        Forward(sequence: 1, "INCR", "n").ShouldBeEmpty();
        TurnEnd();
        Forward(sequence: 1, "INCR", "n").ShouldBeEmpty();
        Persist();
        Replies().ShouldBe(":1\r\n");
        Forward(sequence: 1, "INCR", "n").ShouldBe(":1\r\n", "now it may be told as often as it is asked for");
        _group.Machine.TryGetSessionReply(77, 1, out _).ShouldBeTrue();
    }

    [Fact]
    public void An_early_reply_dies_with_its_place_in_the_table()
    {
        var table = new RequestTable();
        var first = table.Add(RequestOwner.Peer, null, 5, Peer, 77);
        table.KeepEarly(first, "+first\r\n"u8);
        table.TryGetEarly(first, out var reply).ShouldBeTrue();
        Encoding.UTF8.GetString(reply).ShouldBe("+first\r\n");
        table.IsEarly(77, 5).ShouldBeTrue();
        table.Remove(first);
        table.IsEarly(77, 5).ShouldBeFalse();
        var second = table.Add(RequestOwner.Peer, null, 6, Peer, 77);
        table.TryGetEarly(first, out _).ShouldBeFalse();
        table.TryGetEarly(second, out _).ShouldBeFalse();
        table.KeepEarly(first, "+late\r\n"u8);
        table.TryGetEarly(second, out _).ShouldBeFalse();
    }

    /// <summary>A client's write; its place in the session's queue comes from the default group, which has no leader
    /// here.</summary>
    private ClientSession Write(params string[] words)
    {
        var session = _node.Connect("c:1", "s:1", Now);
        var args = Args(words, out _);
        session.Execute(args, Now);
        session.PendingCount.ShouldBe(1);
        _group.Take(session.Replies, 0, 0, OrderedCommands.Instance.Find(args)!, args, Now);
        return session;
    }

    private string Forward(long sequence, params string[] words)
    {
        var length = EntryCodec.WriteCommand(ref _entry, 0, 0, 2, Args(words, out _));
        var commands = new byte[4 + length];
        BinaryPrimitives.WriteInt32LittleEndian(commands, length);
        _entry.AsSpan(0, length).CopyTo(commands.AsSpan(4));
        var message = new ForwardRequests
        {
            Session = 77,
            LowestOutstanding = 1,
            FirstSequence = sequence,
            Count = 1,
            Commands = commands,
        };
        _group.Inbox.OnRequests(Peer, message, Now).ShouldBeTrue();
        return Replies();
    }

    /// <summary>What has gone to the peer since the last look.</summary>
    private string Replies()
    {
        _group.Inbox.Answers.Flush(Now);
        var frame = _host.ToPeer.WrittenSpan.ToArray();
        _host.ToPeer.ResetWrittenCount();
        if (frame.Length == 0) return "";
        Peers.PeerFrame.TryRead(frame.AsMemory(4), out _, out _, out var body).ShouldBeTrue();
        ForwardReplies.TryDecode(body, out var replies).ShouldBeTrue();
        return Encoding.UTF8.GetString(replies!.Replies.Span[28..]);
    }

    private void Configure(long epoch, NodeId leader)
    {
        var replica = _group.Configured!;
        replica.OnConfiguration(new GroupConfiguration(new Epoch(epoch), leader, [leader], []), Now, _group.Effects);
        replica.OnLease(new Epoch(epoch), long.MaxValue, Now, _group.Effects);
        _group.AfterStep(Now);
    }

    private void TurnEnd() => _group.Replica.OnTurnEnd(Now, _group.Effects);

    private void Persist()
    {
        _group.Effects.OnPersisted(_host.Appended);
        _group.Replica.OnPersisted(_host.Appended, Now, _group.Effects);
    }

    private static CommandArgs Args(string[] words, out byte[] bytes)
    {
        bytes = Encoding.UTF8.GetBytes(string.Concat(words));
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        return new CommandArgs(bytes, ranges);
    }

    private sealed class Host : INodeHost
    {
        public ArrayBufferWriter<byte> ToPeer { get; } = new();

        public PersistPoint Appended { get; private set; }

        public PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record) =>
            Appended = new PersistPoint(Appended.Value + 1);

        public void ReleaseJournal(GroupId group, PersistPoint point)
        {
        }

        public IBufferWriter<byte>? OutputTo(NodeId peer) => ToPeer;

        public ISnapshots SnapshotsOf(GroupId group) => new NoSnapshots();

        public void OnSessionOutput(IClient client)
        {
        }

        public void RequestTurnEnd()
        {
        }
    }

    private sealed class NothingLost : ILostAndFound
    {
        public void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload)
        {
        }
    }

    private sealed class NoSnapshots : ISnapshots
    {
        public ISnapshotWriter Create(SnapshotHeader header) =>
            throw new NotSupportedException("these tests write too little for a snapshot");

        public ISnapshotReader? OpenNewest() => null;
    }
}
