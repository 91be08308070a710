using Quorate.Cluster.Commands;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Strategies.Raft;
using FollowerStatus = Quorate.Cluster.Commands.FollowerStatus;

namespace Quorate.Cluster;

/// <summary>The node as its own commands and status pages see it.</summary>
internal sealed class NodeView(Node node, Group group) : INodeView
{
    public NodeOptions Options => node.Options;

    public string? Refusal => node.Refusal;

    public Member Self => Members.First(m => m.Id == Options.Self);

    public IReadOnlyList<Member> Members => Options.Members;

    public StepTime StartTime => node.StartTime;

    public int DatabaseCount => KeyspaceMachine.DatabaseCount;

    public IReadOnlyList<GroupStatus> Groups => [GroupOf(0)];

    public IReadOnlyList<DatabaseStatus> Databases
    {
        get
        {
            var result = new List<DatabaseStatus>();
            for (var i = 0; i < DatabaseCount; i++)
            {
                var database = group.Machine.Databases[i];
                if (database.Count > 0) result.Add(new DatabaseStatus(i, database.Count, database.ExpiringCount));
            }

            return result;
        }
    }

    public NodeStatistics Statistics
    {
        get
        {
            var statistics = node.Statistics;
            statistics.KeyspaceHits = group.Machine.Statistics.Hits;
            statistics.KeyspaceMisses = group.Machine.Statistics.Misses;
            statistics.ExpiredKeys = group.Machine.Statistics.Expired;
            return statistics;
        }
    }

    public ProcessStatus Process => node.MeasureProcess?.Invoke() ?? default;

    public IEnumerable<SessionState> Sessions => node.Sessions.Select(s => s.State).OrderBy(s => s.Id);

    public Channels Channels { get; } = new();

    public GroupStatus GroupOf(int database)
    {
        var raft = group.Raft!.Status;
        return new GroupStatus(
            group.Id,
            "raft",
            raft.Leader,
            raft.CurrentTerm,
            raft.LastIndex,
            raft.CommitIndex,
            raft.LastApplied,
            group.MillisecondsSinceLeader(node.Now),
            [.. raft.Followers.Select(f => new FollowerStatus(
                f.Node, f.MatchIndex, f.LagEntries, f.MillisecondsSinceAnswer, NameOf(f.State)))]);
    }

    /// <summary>Whatever was acknowledged on a raft keyspace is committed; how many hold it now, the leader knows. A write
    /// still unanswered counts as held by nobody but those that already have the whole log.</summary>
    public WriteHolders HoldersOfLastWrite(SessionState session)
    {
        var raft = group.Raft!.Status;
        if (raft.Role != RaftRole.Leader) return new WriteHolders(false, true, 0);
        var needed = raft.LastApplied;
        return new WriteHolders(true, true, raft.Followers.Count(f => f.MatchIndex >= needed));
    }

    public void Push(SessionState session, ReadOnlySpan<byte> message)
    {
        if (Find(session) is not { } target) return;
        target.Output.Raw(message);
        node.Host.OnSessionOutput(target);
    }

    public void Close(SessionState session)
    {
        session.WantsClose = true;
        if (Find(session) is { } target) node.Host.OnSessionOutput(target);
    }

    public string? ConfigOf(string name) => name switch
    {
        "port" => PortOf(Self.RespAddress),
        "appendonly" => Options.Durability == Durability.Memory ? "no" : "yes",
        "appendfsync" => Options.Durability == Durability.Fsync ? "always" : Options.Durability == Durability.Written ? "no" : "no",
        _ => null,
    };

    public bool TrySetConfig(string name, string value) => false;

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    private static string NameOf(ProgressState state) => state switch
    {
        ProgressState.Probe => "probe",
        ProgressState.Replicate => "replicate",
        _ => "snapshot",
    };

    private ClientSession? Find(SessionState state)
    {
        foreach (var session in node.Sessions)
            if (session.Id == state.Id) return session;
        return null;
    }
}
