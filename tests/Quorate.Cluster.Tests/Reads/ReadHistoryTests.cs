using Quorate.Cluster.Sessions;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Reads;

/// <summary>
/// Many clients count up one key while nodes are cut off, stopped and killed. The key only grows, so a smaller value is an
/// older one, and the histories can be checked: no session goes back behind what it wrote or read, at whatever node it
/// goes on; no bounded read misses a write that was acknowledged longer ago than the bound. On virtual time.
/// </summary>
public sealed class ReadHistoryTests
{
    private const int Bound = 300;

    public static TheoryData<string, int> Runs
    {
        get
        {
            string[] policies =
            [
                "STRATEGY raft REPLICAS 3", "STRATEGY chain REPLICAS 3 READS craq", "STRATEGY primary REPLICAS 3 ACK sync",
                "STRATEGY primary REPLICAS 3 ACK majority SHIP state",
            ];
            var data = new TheoryData<string, int>();
            foreach (var policy in policies)
                for (var seed = 1; seed <= 4; seed++) data.Add(policy, seed);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Sessions_never_go_back_and_bounded_reads_are_never_older_than_their_bound(string policy, int seed)
    {
        var dice = new Prng((ulong)seed);
        var cluster = KeyspaceCluster.With($"ks {policy}");
        KeyspaceCluster.AwaitLeader(cluster, "ks");
        var history = new History();
        var clients = Enumerable.Range(0, 10)
            .Select(i => new Client(cluster, dice.Fork(), i < 5 ? "session" : $"bounded {Bound}", history)).ToList();
        for (var step = 0; step < 1500; step++)
        {
            if (step % 60 == 0) Disturb(cluster, dice);
            foreach (var client in clients) client.Step();
            cluster.Tick();
        }

        Heal(cluster);
        for (var step = 0; step < 600; step++)
        {
            foreach (var client in clients) client.Step();
            cluster.Tick();
        }

        history.Sessions.ShouldBeGreaterThan(300, "the sessions did something");
        history.Bounded.ShouldBeGreaterThan(300, "so did the bounded readers");
        history.Moves.ShouldBeGreaterThan(20);
        history.Stale.ShouldBeGreaterThan(0, "a run in which every read was the newest proves nothing");
    }

    private static void Disturb(LocalCluster cluster, Prng dice)
    {
        Heal(cluster);
        var node = 1 + dice.Below(5);
        switch (dice.Below(5))
        {
            case 0:
                cluster.Isolate(node);
                break;
            case 1:
                cluster.Pause(node);
                break;
            case 2:
                cluster.Kill(node);
                break;
            case 3:
                cluster.Cut.Add((node, 1 + (node % 5)));
                break;
        }
    }

    private static void Heal(LocalCluster cluster)
    {
        cluster.Cut.Clear();
        foreach (var node in cluster.Ids)
        {
            cluster.Resume(node);
            if (!cluster.Up.Contains(node)) cluster.Restart(node);
        }
    }

    /// <summary>What was acknowledged when.</summary>
    private sealed class History
    {
        private readonly List<(long At, long Value)> _acknowledged = [(0, 0)];

        public int Sessions { get; set; }

        public int Bounded { get; set; }

        public int Moves { get; set; }

        public int Stale { get; set; }

        public long Newest => _acknowledged[^1].Value;

        public void Acknowledge(long at, long value) => _acknowledged.Add((at, Math.Max(value, Newest)));

        public long At(long milliseconds) => _acknowledged[_acknowledged.FindLastIndex(a => a.At <= milliseconds)].Value;
    }

    private sealed class Client(LocalCluster cluster, Prng dice, string rule, History history)
    {
        private ClientSession? _session;
        private int _node;
        private string _token = "none";
        private long _floor;
        private long _askedAt;
        private bool _isRead;

        private long Now => cluster.Now.Nanoseconds / StepTime.NanosecondsPerMillisecond;

        public void Step()
        {
            // its node died
            if (_session is not null && (!cluster.Up.Contains(_node) || _session.Node != cluster[_node].Turns)) Leave();
            if (_session is null)
            {
                Enter();
                return;
            }

            if (cluster.Paused.Contains(_node) || _session.PendingCount > 0) return;
            Look(LocalCluster.Take(_session));
            if (_session is null) return;
            if (dice.Chance(30))
            {
                Leave();
                history.Moves++;
                return;
            }

            _isRead = !dice.Chance(150);
            _askedAt = Now;
            cluster.Send(_session, _isRead ? "GET n" : "INCR n");
            cluster.Send(_session, "READS TOKEN");
        }

        private void Enter()
        {
            var up = cluster.Up.Where(n => !cluster.Paused.Contains(n)).ToList();
            _node = up[dice.Below(up.Count)];
            _session = cluster.Connect(_node);
            (_isRead, _askedAt) = (false, Now);
            cluster.Send(_session, $"SELECT ks; READS AFTER {_token}; READS {rule}");
        }

        private void Leave()
        {
            cluster.Up.Where(n => n == _node && _session!.Node == cluster[n].Turns)
                .ToList().ForEach(n => cluster[n].Disconnect(_session!));
            _session = null;
        }

        private void Look(string reply)
        {
            if (reply.StartsWith("+OK", StringComparison.Ordinal)) return; // SELECT and what came with it
            if (reply.StartsWith("-LOADING", StringComparison.Ordinal)
                || reply.StartsWith("-ERR no such", StringComparison.Ordinal))
            {
                Leave();
                return;
            }

            reply.ShouldNotContain("-LOST");
            var words = reply.Split(' ');
            if (words[0].StartsWith('-') && words[0] != "$-1")
            {
                words[0].ShouldBeOneOf("-UNCERTAIN", "-TRYAGAIN", "-CLUSTERDOWN", "-MASTERDOWN", "-NOREPLICAS");
                return;
            }

            _token = words[^1];
            var value = words[0] == "$-1"
                ? 0
                : long.Parse(
                    words[0].StartsWith(':') ? words[0][1..] : words[1], System.Globalization.CultureInfo.InvariantCulture);
            if (!_isRead) history.Acknowledge(Now, value);
            value.ShouldBeGreaterThanOrEqualTo(rule == "session" || !_isRead ? _floor : 0, "a session never goes back");
            if (_isRead && rule == "session")
            {
                history.Sessions++;
                if (value < history.At(_askedAt - 1)) history.Stale++;
            }

            if (_isRead && rule != "session")
            {
                history.Bounded++;
                value.ShouldBeGreaterThanOrEqualTo(history.At(_askedAt - Bound - 1), "not older than the bound");
                if (value < history.At(_askedAt - 1)) history.Stale++;
            }

            _floor = Math.Max(_floor, value);
        }
    }
}
