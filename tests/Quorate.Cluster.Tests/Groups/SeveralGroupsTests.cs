using System.Text;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Groups;

/// <summary>A keyspace of two groups, made by hand: one holds the slots 0 to 8191, the other the rest. n1 to n3 have replicas of
/// the first, n3 to n5 of the second, so every node is outside of one of them but n3.</summary>
public sealed class SeveralGroupsTests
{
    private static readonly string[] Low = [.. KeysWhere(slot => slot < 8192)];
    private static readonly string[] High = [.. KeysWhere(slot => slot >= 8192)];

    public static TheoryData<string> EveryStrategy =>
        [
            "STRATEGY raft REPLICAS 3", "STRATEGY primary REPLICAS 3 ACK sync", "STRATEGY chain REPLICAS 3",
            "STRATEGY multileader", "STRATEGY leaderless"];

    [Theory]
    [InlineData("STRATEGY raft REPLICAS 3")]
    [InlineData("STRATEGY primary REPLICAS 3 ACK sync")]
    [InlineData("STRATEGY chain REPLICAS 3")]
    public void Each_key_is_written_to_the_group_of_its_slot_and_read_from_it(string policy)
    {
        var cluster = With(policy);
        foreach (var node in cluster.Ids)
        {
            var session = cluster.Connect(node);
            foreach (var (low, high) in Low.Zip(High))
                cluster.Await(session, $"SELECT two; SET {low} {low}{node}; SET {high} {high}{node}").ShouldBe("+OK +OK +OK");
            foreach (var (low, high) in Low.Zip(High))
                cluster.Await(session, $"GET {high}; GET {low}").ShouldBe($"$3 {high}{node} $3 {low}{node}", $"n{node}");
        }

        cluster.Run(500);
        var (first, second) = (Machines(cluster, 0), Machines(cluster, 1));
        (first.Count, second.Count).ShouldBe((3, 3));
        foreach (var machine in first) KeysOf(machine).ShouldBe(Low, ignoreOrder: true);
        foreach (var machine in second) KeysOf(machine).ShouldBe(High, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void A_pipeline_over_both_groups_is_answered_in_order_and_each_read_sees_the_write_before_it(string policy)
    {
        var cluster = With(policy);
        foreach (var node in cluster.Ids)
        {
            var words = new List<string> { "SELECT two" };
            var replies = new List<string> { "+OK" };
            for (var round = 0; round < 5; round++)
            {
                foreach (var key in new[] { Low[0], Low[1], High[0], Low[2], High[1], High[2] })
                {
                    words.AddRange([$"SET {key} {round}", $"GET {key}"]);
                    replies.AddRange(["+OK", $"$1 {round}"]);
                    // A coordinator of quorums may answer a read together with the write that comes right behind it.
                    if (policy == "STRATEGY leaderless") continue;
                    words.Add($"EXISTS {High[0]}");
                    replies.Add(node > 1 || round > 0 || key[..1] == "h" || key == Low[2] ? ":1" : ":0");
                }
            }

            cluster.Await(cluster.Connect(node), string.Join("; ", words)).ShouldBe(string.Join(' ', replies), $"n{node}");
            cluster.Run(500);
        }
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void Keys_of_two_groups_in_one_command_are_refused_by_name_and_in_their_place(string policy)
    {
        var cluster = With(policy);
        var (tagged, other) = ($"{{{Low[0]}}}", $"{{{Low[0]}}}other");
        foreach (var node in cluster.Ids)
        {
            var replies = cluster.Await(
                cluster.Connect(node),
                $"SELECT two; SET {Low[0]} a; MGET {Low[0]} {High[0]}; MGET {Low[0]} {Low[1]}; DEL {High[1]} {High[2]}; DEL "
                    + $"{Low[0]} {High[1]}; EXISTS {tagged} {other} {Low[0]}");
            replies.ShouldMatch(
                @"^\+OK \+OK -CROSSSLOT [^-]*'mget'[^-]*\*2 \$1 a \$-1 :\d -CROSSSLOT [^-]*'del'[^-]* :1$",
                $"n{node}");
        }
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void Commands_about_all_keys_are_refused_by_name(string policy)
    {
        var cluster = With(policy);
        var session = cluster.Connect(3);
        cluster.Await(session, "SELECT two").ShouldBe("+OK");
        foreach (var words in new[] { "DBSIZE", "KEYS *", "SCAN 0", "RANDOMKEY", "FLUSHDB" })
        {
            var reply = cluster.Await(session, words);
            reply.ShouldStartWith("-ERR");
            if (!reply.Contains("needs one order", StringComparison.Ordinal)
                && !reply.Contains("unknown command", StringComparison.Ordinal))
                reply.ShouldContain(
                    $"'{words.Split(' ')[0].ToLowerInvariant()}' is about all keys, and cannot be asked of a keyspace of "
                        + $"several groups yet");
        }
    }

    [Fact]
    public void A_command_without_keys_that_any_group_can_answer_is_answered()
    {
        var cluster = With("STRATEGY raft REPLICAS 3");
        cluster.Await(cluster.Connect(5), "SELECT two; OBJECT HELP").ShouldStartWith("+OK *");
    }

    [Fact]
    public void One_group_goes_on_without_the_other()
    {
        var cluster = With("STRATEGY primary REPLICAS 3 ACK sync MIN-IN-SYNC 3");
        cluster.Await(cluster.Connect(2), $"SELECT two; SET {Low[0]} a; SET {High[0]} a").ShouldBe("+OK +OK +OK");
        cluster.Isolate(4);
        cluster.Isolate(5);
        cluster.Run(2000);
        cluster.Await(cluster.Connect(2), $"SELECT two; SET {Low[0]} b; GET {Low[0]}").ShouldBe("+OK +OK $1 b");
        cluster.Await(cluster.Connect(2), $"SELECT two; SET {High[0]} b").ShouldStartWith("+OK -");
    }

    [Fact]
    public void Reads_of_the_state_that_is_near_follow_their_session_in_each_group()
    {
        var cluster = With("STRATEGY raft REPLICAS 3 READS session");
        for (var round = 0; round < 5; round++)
        {
            foreach (var node in cluster.Ids)
            {
                var value = $"{round}{node}";
                cluster.Await(
                    cluster.Connect(node),
                    $"SELECT two; SET {Low[0]} {value}; SET {High[0]} {value}; GET {Low[0]}; GET {High[0]}; GET {Low[0]}")
                    .ShouldBe($"+OK +OK +OK $2 {value} $2 {value} $2 {value}");
            }
        }
    }

    [Fact]
    public void A_fail_over_is_asked_of_both_groups()
    {
        var cluster = With("STRATEGY primary REPLICAS 3 ACK sync");
        var before = Entries(cluster).Select(g => g.Configuration.Leader).ToList();
        cluster.Await(cluster.Connect(2), "KEYSPACE FAILOVER two").ShouldBe("+OK");
        cluster.Until(
            () =>
                Entries(cluster)
                    .Zip(before).All(p => !p.First.Configuration.Leader.IsNone && p.First.Configuration.Leader != p.Second),
            "both are led anew");
        cluster.Await(cluster.Connect(2), "KEYSPACE FAILOVER two TO n1")
            .ShouldStartWith("-ERR", Case.Sensitive, "n1 is in one of them only");
        cluster.Await(cluster.Connect(2), "KEYSPACE LOST two FORGET 1 1")
            .ShouldBe("-ERR KEYSPACE LOST <name> FORGET cannot be asked of a keyspace of several groups yet");
        cluster.Await(cluster.Connect(2), "KEYSPACE LOST two").ShouldBe("*0");
    }

    [Fact]
    public void Slots_are_shared_out_without_a_gap()
    {
        for (var groups = 1; groups <= 7; groups++)
        {
            var keyspace = new KeyspaceEntry(
                20, "k", -1, PolicyDefaults.For(Strategy.Raft), [.. Enumerable.Range(100, groups).Select(i => new GroupId(i))]);
            var held = Enumerable.Range(0, KeySlot.Count).Select(keyspace.GroupOf).ToList();
            held.ShouldBe(held.Order());
            for (var place = 0; place < groups; place++)
                held.Count(id => id == keyspace.Groups[place]).ShouldBe(keyspace.SlotsOf(place));
        }
    }

    private static LocalCluster With(string policy)
    {
        var cluster = KeyspaceCluster.With();
        PolicyText.TryParse(policy.Split(' '), out var read, out var why).ShouldBeTrue(why);
        NodeId[][] members = [[new(1), new(2), new(3)], [new(3), new(4), new(5)]];
        cluster[1].View.AskControl(new CreateKeyspace("two", -1, read!, members));
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Keyspace("two") is not null), "all know the keyspace");
        cluster.Until(
            () => Entries(cluster).All(g => cluster.Ids.Any(n => cluster[n].Find(g.Id) is { Replica.IsLeader: true })),
            "both are led");
        cluster.Run(500);
        return cluster;
    }

    private static List<GroupEntry> Entries(LocalCluster cluster)
    {
        var map = cluster.Ids.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!;
        return [.. map.Keyspace("two")!.Groups.Select(id => map.Group(id)!)];
    }

    private static List<KeyspaceMachine> Machines(LocalCluster cluster, int place) =>
        [.. cluster.Ids.Select(n => cluster[n].Find(Entries(cluster)[place].Id)).OfType<OrderedGroup>().Select(g => g.Machine)];

    private static List<string> KeysOf(KeyspaceMachine machine) =>
        [.. Low.Concat(High).Where(key => Voting.Corruption.Local(machine, key) != "(none)")];

    /// <summary>Two letters each, the first of which says which half of the slots.</summary>
    private static IEnumerable<string> KeysWhere(Func<int, bool> isMeant)
    {
        var half = isMeant(0) ? "l" : "h";
        return Enumerable.Range('a', 26)
            .Select(c => half + (char)c).Where(key => isMeant(KeySlot.Of(Encoding.ASCII.GetBytes(key)))).Take(5);
    }
}
