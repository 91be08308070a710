using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>A thousand groups that nobody uses take next to none of the control leader's time, and none is forgotten.</summary>
public sealed class RoundsTests
{
    private const int Soon = 10;
    private const int Seldom = 300;

    private readonly ControlMachine _machine = Machine(3);
    private readonly Rounds _rounds = new();
    private readonly List<GroupId> _electing = [];
    private readonly GroupId _named;

    public RoundsTests()
    {
        for (var i = 0; i < 40; i++) _electing.Add(_machine.Keyspace("strategy raft", 1, 2, 3));
        _named = _machine.Keyspace("strategy primary", 1, 2, 3);
        Looks(Seldom); // the news of the map is over
    }

    [Fact]
    public void A_group_whose_leader_the_map_names_is_looked_at_every_tick() => Looks(50)[_named].ShouldBe(50);

    [Fact]
    public void One_that_elects_for_itself_is_looked_at_every_three_seconds()
    {
        var looks = Looks(Seldom);
        foreach (var group in _electing) looks[group].ShouldBe(1);
    }

    [Fact]
    public void News_of_a_group_is_looked_at_soon_and_once()
    {
        _rounds.Stir(_electing[5]);
        Looks(Soon)[_electing[5]].ShouldBeInRange(1, 2);
        _rounds.Stirring(_machine.Map).ShouldBeEmpty();
        Looks(Seldom)[_electing[5]].ShouldBe(1);
    }

    [Fact]
    public void A_group_for_which_something_is_under_way_is_looked_at_ten_times_a_second()
    {
        _rounds.Stir(_electing[5]);
        var looks = Looks(10 * Soon, isUnderWay: g => g.Id == _electing[5]);
        looks[_electing[5]].ShouldBeInRange(10, 11);
        _rounds.Stirring(_machine.Map).ShouldHaveSingleItem().Id.ShouldBe(_electing[5]);
    }

    [Fact]
    public void After_a_change_of_the_map_all_are_looked_at_soon()
    {
        _electing.Add(_machine.Keyspace("strategy raft", 1, 2, 3));
        AllLookedAt();
    }

    [Fact]
    public void When_another_is_thought_of_a_node_all_are_looked_at_soon()
    {
        _rounds.LookAtAll();
        AllLookedAt();
    }

    [Fact]
    public void In_another_term_all_are_looked_at_soon()
    {
        _rounds.Begin();
        AllLookedAt();
    }

    [Fact]
    public void A_group_that_is_dropped_is_not_remembered()
    {
        _rounds.Stir(_electing[5]);
        _machine.Do(new DropKeyspace(_machine.Map.Keyspaces.First(k => k.Groups.Contains(_electing[5])).Name)).ShouldBeNull();
        Looks(Soon).ShouldNotContainKey(_electing[5]);
        _rounds.Stirring(_machine.Map).ShouldBeEmpty();
    }

    private void AllLookedAt()
    {
        var looks = Looks(Soon);
        foreach (var group in _electing) looks.GetValueOrDefault(group).ShouldBeGreaterThan(0, group.ToString());
    }

    private Dictionary<GroupId, int> Looks(int ticks, Func<GroupEntry, bool>? isUnderWay = null)
    {
        var looks = new Dictionary<GroupId, int>();
        for (var i = 0; i < ticks; i++)
        {
            foreach (var group in _rounds.Next(_machine.Map))
            {
                looks[group.Id] = looks.GetValueOrDefault(group.Id) + 1;
                _rounds.Looked(group, isUnderWay?.Invoke(group) ?? false);
            }
        }

        return looks;
    }
}
