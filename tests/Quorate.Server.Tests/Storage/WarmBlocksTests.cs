using Quorate.Replication;
using Quorate.Server.Storage;

namespace Quorate.Server.Tests.Storage;

public sealed class WarmBlocksTests
{
    [Fact]
    public void Blocks_wait_for_a_log_that_grows_and_for_no_other()
    {
        var blocks = new WarmBlocks();
        for (var i = 0; i < 4; i++) blocks.Take(WarmBlocks.BlockBytes);
        blocks.Take(1000);
        var fifth = blocks.Take(WarmBlocks.BlockBytes);
        Never.Until(() => blocks.Ready == 4, "four are made ahead");
        blocks.Return(fifth);
        blocks.Ready.ShouldBe(5);
        blocks.Take(WarmBlocks.BlockBytes);
        blocks.Dispose();
        blocks.Ready.ShouldBe(0);
    }

    [Fact]
    public void Nothing_is_made_ahead_of_what_logs_usually_have()
    {
        var blocks = new WarmBlocks();
        for (var i = 0; i < 100; i++)
        {
            NativeBlock[] taken = [blocks.Take(WarmBlocks.BlockBytes), blocks.Take(WarmBlocks.BlockBytes), blocks.Take(64 << 10)];
            foreach (var block in taken) blocks.Return(block);
        }

        blocks.Ready.ShouldBe(2, "these two were given again and again");
        blocks.Dispose();
    }

    [Fact]
    public void A_log_that_shrinks_leaves_what_one_log_needs()
    {
        var blocks = new WarmBlocks();
        var taken = Enumerable.Range(0, 60).Select(_ => blocks.Take(WarmBlocks.BlockBytes)).ToList();
        foreach (var block in taken) blocks.Return(block);
        blocks.Ready.ShouldBeInRange(32, 36, "those that were made ahead may have come between");
        blocks.Dispose();
    }
}
