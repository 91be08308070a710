using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>Heartbeats that tell what has changed, and the control leader that puts them together.</summary>
public sealed class ToldBeatsTests
{
    private readonly ToldBeats _told = new();
    private readonly SortedList<int, GroupBeat> _held = [];
    private readonly SortedSet<int> _changed = [];
    private NodeBeats _heard = new();
    private bool _hasLost;
    private long _now;

    public ToldBeatsTests()
    {
        for (var i = 1; i <= 20; i++) Change(i, 1);
    }

    [Fact]
    public void What_did_not_change_is_told_once()
    {
        Hears(Next()).ShouldBeTrue();
        var second = Next();
        second.BasedOn.ShouldBeGreaterThan(0);
        second.Groups.ShouldBeEmpty();
        Change(7, 2);
        Next().Groups.ShouldHaveSingleItem().Group.ShouldBe(new GroupId(7));
    }

    [Fact]
    public void It_is_told_again_until_it_is_answered()
    {
        Hears(Next());
        Change(7, 2);
        _ = Next();
        Next().Groups.Count.ShouldBe(1);
        Hears(Next());
        Next().Groups.ShouldBeEmpty();
    }

    [Fact]
    public void A_control_leader_that_has_not_heard_the_base_asks_for_all()
    {
        Hears(Next());
        _heard = new NodeBeats();
        Hears(Next()).ShouldBeFalse();
        _told.Forget();
        Hears(Next()).ShouldBeTrue();
        Agree();
    }

    [Fact]
    public void A_supervisor_asks_for_all_and_grants_nothing()
    {
        var bench = new SupervisorBench(3).Started();
        bench.Supervisor.OnElected(bench.Now);
        var reply = bench.Supervisor.OnHeartbeat(
            N(1), new Heartbeat { Incarnation = 1, SentAt = 900, BasedOn = 800 }, bench.Now, true)!;
        reply.WantsAll.ShouldBeTrue();
        reply.Grants.ShouldBeEmpty();
        bench.Supervisor.BeatOf(N(1), ControlMachine.DefaultGroup).ShouldBeNull();
    }

    /// <summary>Heartbeats and answers are lost, late and doubled, groups come, change and go, control leaders forget.</summary>
    [Fact]
    public void Whatever_is_lost_the_control_leader_knows_what_the_newest_heartbeat_that_came_meant()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var dice = new Prng(seed);
            var way = new List<(Heartbeat Sent, SortedList<int, GroupBeat> Meant)>();
            for (var step = 0; step < 400; step++)
            {
                if (dice.Below(3) == 0) Change((int)dice.Between(1, 30), step);
                if (dice.Below(6) == 0) Leave((int)dice.Between(1, 30));
                if (dice.Below(80) == 0) _heard = new NodeBeats();
                if (dice.Below(100) == 0) _told.Forget();
                way.Add((Next(isAll: _hasLost || dice.Below(10) == 0), new SortedList<int, GroupBeat>(_held)));
                while (way.Count > 0 && dice.Below(3) != 0)
                {
                    var (sent, meant) = way[(int)dice.Below(way.Count)];
                    if (dice.Below(4) != 0) way.RemoveAll(w => ReferenceEquals(w.Sent, sent));
                    if (_heard.IsOld(sent)) continue;
                    var fits = _heard.TryTake(sent);
                    if (fits)
                        _heard.Groups.OrderBy(g => g.Group.Value)
                            .SequenceEqual(meant.Values).ShouldBeTrue($"seed {seed} step {step}");
                    if (dice.Below(3) == 0) continue;
                    if (fits) _told.OnAnswer(sent.SentAt);
                    else _told.Forget();
                }
            }
        }
    }

    private void Change(int group, long index)
    {
        _held[group] = new GroupBeat(new(group), new ReplicaReport(new(1), new(1), new(index), new(index), false));
        _changed.Add(group);
    }

    private void Leave(int group)
    {
        _hasLost |= _held.Remove(group);
        _changed.Remove(group);
    }

    private Heartbeat Next(bool isAll = false)
    {
        var (basedOn, groups, gone) = _told.Of(++_now, [.. isAll ? _held.Values : _changed.Select(g => _held[g])], isAll);
        _changed.Clear();
        if (isAll) _hasLost = false;
        return new Heartbeat { Incarnation = 1, SentAt = _now, BasedOn = basedOn, Groups = groups, Gone = gone };
    }

    private bool Hears(Heartbeat heartbeat)
    {
        if (!_heard.TryTake(heartbeat)) return false;
        _told.OnAnswer(heartbeat.SentAt);
        return true;
    }

    private void Agree() => _heard.Groups.OrderBy(g => g.Group.Value).SequenceEqual(_held.Values).ShouldBeTrue();
}
