using System.Buffers.Binary;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;

namespace Quorate.Cluster.Turns;

/// <summary>The node as its own commands and status pages see it.</summary>
internal sealed class NodeView(NodeTurns node) : INodeView
{
    private IReadOnlyList<Member>? _members;
    private long _membersOf;

    public NodeOptions Options => node.Options;

    public string? Refusal => node.Refusal;

    public Member Self => Options.Members.First(m => m.Id == Options.Self);

    public IReadOnlyList<Member> Members
    {
        get
        {
            if (Map is not { IsKnown: true } map) return Options.Members;
            if (_members is not null && _membersOf == map.Version) return _members;
            _membersOf = map.Version;
            return _members = CurrentMembers.Of(map, Options);
        }
    }

    public StepTime StartTime => node.StartTime;

    public int DatabaseCount => KeyspaceMachine.DatabaseCount;

    public IReadOnlyList<GroupStatus> Groups => [.. node.Groups.Where(g => !g.IsAbsent).Select(StatusOf)];

    public IReadOnlyList<DatabaseStatus> Databases
    {
        get
        {
            var result = new List<DatabaseStatus>();
            foreach (var (i, database) in (node.Default.Machine?.Databases ?? []).Index())
            {
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
            if (node.Default.Machine?.Statistics is not { } contents) return statistics;
            statistics.KeyspaceHits = contents.Hits;
            statistics.KeyspaceMisses = contents.Misses;
            statistics.ExpiredKeys = contents.Expired;
            return statistics;
        }
    }

    public ProcessStatus Process => node.MeasureProcess?.Invoke() ?? default;

    public IEnumerable<SessionState> Sessions => node.Sessions.Select(s => s.State).OrderBy(s => s.Id);

    public Channels Channels { get; } = new();

    public ClusterMap? Map => node.Control?.Map;

    public NodeId ControlLeader => node.Control?.Leader ?? NodeId.None;

    public bool? IsSuspected(NodeId id) => node.Control?.IsSuspected(id);

    public GroupStatus Default => StatusOf(node.Default);

    public IReadOnlyList<GroupStatus> GroupsOf(SessionState session) =>
        [.. (node.Routing.Of(session.Keyspace, session.Database)?.All ?? [node.Default]).Select(StatusOf)];

    public GroupStatus GroupOf(SessionState session) =>
        StatusOf(node.Routing.Of(session.Keyspace, session.Database)?.First ?? node.Default);

    public string? CutRegion(string region, bool isCut) => node.Host.CutRegion(region, isCut);

    public ConflictFigures Conflicts
    {
        get
        {
            var sum = default(ConflictFigures);
            foreach (var store in node.Groups.SelectMany(g => g.Stores).Select(m => m.Store))
                sum = new(
                    sum.Keys + store.Conflicted.Count, sum.Seen + store.ConflictsSeen, sum.Lost + store.Losses.Total,
                    sum.RuleFailures + store.RuleFailures);
            return sum;
        }
    }

    public RepairFigures Repairs => node.Groups.Aggregate(default(RepairFigures), (sum, g) => sum.Plus(g.Replica.Repairs));

    public string? ProblemOf(string script) => node.Host.ProblemOf(script);

    public long AskControl(ControlCommand command) => node.Control!.Ask(Asking.Command, command.Encode(), node.Now);

    public long AskFailover(GroupId group, NodeId target, int patienceMilliseconds, bool isForced)
    {
        var payload = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(8), patienceMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(12), isForced ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(payload, group.Value);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4), target.Value);
        return node.Control!.Ask(Asking.Failover, payload, node.Now);
    }

    public ControlAnswer? TryTakeAnswer(long ticket, bool last)
    {
        if (node.Control!.TryTakeAnswer(ticket, out var answer)) return answer;
        if (last) node.Control.Forget(ticket);
        return null;
    }

    public IReadOnlyList<string> LostOf(GroupId group)
    {
        var lines = new List<string>();
        foreach (var entry in node.Lost.EntriesOf(group))
            foreach (var words in entry.Commands(out var stamp))
                lines.Add(FormattableString.Invariant($"{entry.MadeIn} {entry.Index} at {stamp}: {LineOf(words)}"));
        if (node.Lost.GoneOf(group) is > 0 and var gone)
            lines.Add(FormattableString.Invariant($"and {gone} more than could be kept"));
        return lines;
    }

    public void ClearLost(GroupId group) => node.Lost.Clear(group);

    public bool ForgetLost(GroupId group, Epoch madeIn, LogIndex index) => node.Lost.Forget(group, madeIn, index);

    public IReadOnlyList<LostCommand> LostCommandsOf(GroupId group) =>
        [.. node.Lost.EntriesOf(group)
            .SelectMany(e => e.Commands(out _).Select(words => new LostCommand(e.MadeIn, e.Index, words)))];

    private static string LineOf(IReadOnlyList<byte[]> words)
    {
        const int MostWord = 64;
        return words.Count == 0
            ? "(not a command)"
            : string.Join(' ', words.Select(w => w.Length > MostWord ? Words.Text(w.AsSpan(0, MostWord)) + "…" : Words.Text(w)));
    }

    private GroupStatus StatusOf(Group group) =>
        (group.Electing is { } electing ? StatusOf(group, electing) : StatusOfOther(group)) with
        {
            Trust = group.Trust,
            Voting = (group.Figures ?? new VotingFigures()) with { },
        };

    private GroupStatus StatusOf(Group group, IElectingReplica electing) => new(
        group.Id,
        PolicyWords.Of(group.Row.Strategy),
        electing.Leader,
        electing.CurrentTerm,
        electing.LastIndex,
        electing.CommitIndex,
        electing.LastApplied,
        group.MillisecondsSinceLeader(node.Now),
        FollowersOf(group));

    private GroupStatus StatusOfOther(Group group)
    {
        var report = group.Configured?.Report ?? default;
        var configuration = group.Configured?.Configuration;
        var self = node.Options.Self;
        var strategy = node.Control?.Map.Group(group.Id)?.Policy.Strategy;
        return new GroupStatus(
            group.Id,
            strategy is null ? "none" : PolicyWords.Of(strategy),
            group.Replica.Leader,
            new Term(report.Epoch.Value),
            report.LastIndex,
            report.CommitIndex,
            group.LastApplied,
            group.MillisecondsSinceLeader(node.Now),
            FollowersOf(group))
        {
            DelaySeconds = (int)(group.Replica.DelayMilliseconds / 1000),
            Source = configuration is not null
                && configuration.Standby.IsFed(self) && configuration.SourceOf(self) is var source
                && source != configuration.Leader
                ? source : default,
            IsStandby = configuration is not null && configuration.Standby.Contains(self),
        };
    }

    /// <summary>In a quiet group no replica speaks: there it counts when the follower's node was heard.</summary>
    private IReadOnlyList<FollowerView> FollowersOf(Group group)
    {
        var followers = group.Replica.Followers;
        return group.Hosting.IsTicking ? followers : [.. followers.Select(HeardByItsNode)];
    }

    private FollowerView HeardByItsNode(FollowerView follower)
    {
        var heard = node.Watch.LastHeard(follower.Node);
        if (heard == long.MinValue) return follower;
        var ago = (node.Now.Nanoseconds - heard) / StepTime.NanosecondsPerMillisecond;
        return follower with { HeardMilliseconds = Math.Min(follower.HeardMilliseconds, ago) };
    }

    /// <inheritdoc/>
    /// <remarks>What a session has been answered is applied on the leader of any strategy, and the leader knows how many hold it
    /// durably. Of several groups the one that the fewest hold counts.</remarks>
    public WriteHolders HoldersUpTo(SessionState session, IReadOnlyList<(GroupId Group, LogIndex Index)> applied)
    {
        var fewest = int.MaxValue;
        foreach (var (id, index) in applied)
        {
            if (node.Find(id) is not { Replica.IsLeader: true } group) return new WriteHolders(false, true, 0);
            fewest = Math.Min(fewest, FollowersOf(group).Count(f => f.MatchIndex >= index && !f.IsStandby));
        }

        return new WriteHolders(true, true, fewest);
    }

    public Durability DurabilityOf(SessionState session)
    {
        var wanted = KeyspaceOf(session) is not { } keyspace ? Options.Durability : this.PolicyInForce(keyspace).Durability;
        // What the files of this node are not synced for, no policy makes durable.
        return wanted == Durability.Fsync && Options.Durability == Durability.Written ? Durability.Written : wanted;
    }

    public void BeginPause(long untilNanoseconds, bool readsToo) => node.Pause.Begin(untilNanoseconds, readsToo, node.Now);

    public void EndPause() => node.Pause.End(node.Now);

    public KeyspaceEntry? KeyspaceOf(SessionState session) =>
        session.Keyspace is { } name ? Map?.Keyspace(name) : Map?.KeyspaceOfDatabase(session.Database);

    public NodeId LeaderOf(GroupId group) => node.News.LeaderOf(group);

    public IReadOnlyList<ReadPeer> ReadPeers =>
        [.. node.Peers.Peers.Select(p => new ReadPeer(p.Peer, p.Sent, p.Outstanding, p.LatencyMicroseconds, p.IsEjected))];

    public long ReadEjections => node.Peers.Ejections;

    public IReadOnlyList<string> StandingAlarms => node.News.Standing.All;

    public void NotePosition(SessionState session)
    {
        node.Routing.Of(session.Keyspace, session.Database)?.NotePositions(session.Positions);
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
        ConfigTable.CloseOnDemotion => node.News.ClosesClients ? "yes" : "no",
        "appendonly" => Options.Durability == Durability.Memory ? "no" : "yes",
        "appendfsync" =>
            Options.Durability == Durability.Fsync ? "always" : Options.Durability == Durability.Written ? "no" : "no",
        _ => null,
    };

    public bool TrySetConfig(string name, string value)
    {
        if (name != ConfigTable.CloseOnDemotion) return false;
        node.News.ClosesClients = value == "yes";
        return true;
    }

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    private ClientSession? Find(SessionState state)
    {
        foreach (var session in node.Sessions)
            if (session.Id == state.Id) return session;
        return null;
    }
}
