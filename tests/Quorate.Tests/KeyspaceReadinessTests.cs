using Quorate.Commands;

namespace Quorate.Tests;

/// <summary>When a node may be asked for a keyspace that was just created, by its own QUORATE STATUS.</summary>
public sealed class KeyspaceReadinessTests
{
    [Theory]
    [InlineData("group g16 keyspace=shop epoch=2 leader=n1 in_sync=n1,n2 strategy=primary role=leader accepted=2 last=0 "
        + "commit=0 applied=0", true)]
    [InlineData("group g16 keyspace=shop epoch=2 leader=n1 in_sync=n1,n2 strategy=primary role=follower accepted=1", false)]
    [InlineData("group g16 keyspace=shop epoch=1 leader=n1 in_sync=n1,n2 strategy=primary role=none", true)]
    [InlineData("group g16 keyspace=shop epoch=1 leader=n1 in_sync=n1,n3 strategy=primary role=none", false)]
    [InlineData("group g16 keyspace=shop strategy=raft role=follower leader=n2 term=1 last=1", true)]
    [InlineData("group g16 keyspace=shop strategy=raft role=follower leader=none term=0 last=0", false)]
    [InlineData("group g16 keyspace=shop strategy=raft role=none", true)]
    [InlineData("group g16 keyspace=shopping strategy=raft role=none", false)]
    [InlineData("control leader=n1 version=1", false)]
    public void A_node_is_ready_when_its_replica_takes_part_or_it_holds_none(string line, bool isReady) =>
        KeyspaceReadiness.IsReady(["self n3 n3 version=1.0.0", line], "shop").ShouldBe(isReady);
}
