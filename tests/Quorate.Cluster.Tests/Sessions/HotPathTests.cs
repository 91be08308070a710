using System.Text;
using Quorate.Cluster.Sessions;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Tests.Sessions;

/// <summary>What one command costs on its way from the session to its group.</summary>
public sealed class HotPathTests
{
    private const int Rounds = 200;
    private const int Batch = 100;

    private readonly LocalCluster _cluster = new(1, Durability.Memory, new());
    private readonly ClientSession _session;

    public HotPathTests()
    {
        _cluster.ElectSomebody();
        _cluster.Until(() => _cluster[1].View.Map is { IsKnown: true }, "the map is known");
        _session = _cluster.Connect(1);
        _cluster.Await(_session, "SET key value").ShouldBe("+OK");
    }

    [Fact]
    public void A_read_that_the_state_here_answers_allocates_nothing() => BytesFor("GET", "key").ShouldBe(0);

    [Fact]
    public void A_write_allocates_nothing_until_its_turn_ends() => BytesFor("SET", "key", "value").ShouldBe(0);

    /// <summary>Bytes for one command, without what its turn costs.</summary>
    private double BytesFor(params string[] words)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(words));
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        long allocated = 0;
        for (var round = -Rounds; round < Rounds; round++)
        {
            if (round == 0) allocated = 0;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Batch; i++) _session.Execute(new CommandArgs(bytes, ranges), _cluster.Now);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            _cluster.Settle();
            _session.PendingCount.ShouldBe(0);
            _session.Output.Clear();
        }

        return allocated / (double)(Rounds * Batch);
    }
}
