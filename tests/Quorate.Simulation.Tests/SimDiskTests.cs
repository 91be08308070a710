using System.IO;
using Quorate.Replication;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Tests;

public class SimDiskTests
{
    private static SimDisk Disk(ulong seed = 1) => new(new World(seed), new Prng(seed), 512);

    private static byte[] Bytes(SimDisk disk, string name)
    {
        var bytes = new byte[disk.Length(name)];
        disk.Read(name, 0, bytes).ShouldBe(bytes.Length);
        return bytes;
    }

    [Fact]
    public void What_was_synced_survives_every_power_loss()
    {
        for (var seed = 1ul; seed <= 50; seed++)
        {
            var disk = Disk(seed);
            disk.Create("a", 10_000);
            disk.SyncDirectory();
            disk.Write("a", 4000, "durable"u8);
            disk.Sync("a");
            disk.LosePower();
            Bytes(disk, "a").AsSpan(4000, 7).SequenceEqual("durable"u8).ShouldBeTrue();
        }
    }

    [Fact]
    public void What_was_not_synced_is_kept_lost_or_torn_sector_by_sector()
    {
        var (kept, lost, torn) = (0, 0, 0);
        for (var seed = 1ul; seed <= 100; seed++)
        {
            var disk = Disk(seed);
            disk.Create("a", 8192);
            disk.SyncDirectory();
            disk.Write("a", 0, Enumerable.Repeat((byte)7, 8192).ToArray());
            disk.LosePower();
            var sectors = Bytes(disk, "a").Chunk(512).ToArray();
            sectors.ShouldAllBe(s => s.All(b => b == 7) || s.All(b => b == 0));
            var n = sectors.Count(s => s[0] == 7);
            if (n == 0) lost++;
            else if (n == 16) kept++;
            else torn++;
        }

        kept.ShouldBeGreaterThan(5);
        lost.ShouldBeGreaterThan(5);
        torn.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void A_name_that_was_not_synced_can_be_lost_and_the_order_of_names_is_kept()
    {
        var lost = 0;
        for (var seed = 1ul; seed <= 60; seed++)
        {
            var disk = Disk(seed);
            disk.Create("a", 10);
            disk.Create("b", 10);
            disk.LosePower();
            var names = disk.List();
            if (names.Contains("b")) names.ShouldContain("a");
            if (names.Count < 2) lost++;
        }

        lost.ShouldBeInRange(1, 59);
    }

    [Fact]
    public void A_failed_sync_is_an_error_and_leaves_the_rest_in_doubt()
    {
        var lost = 0;
        for (var seed = 1ul; seed <= 40; seed++)
        {
            var disk = Disk(seed);
            disk.Create("a", 512);
            disk.SyncDirectory();
            disk.Write("a", 0, "x"u8);
            disk.FailNextSync = true;
            Should.Throw<IOException>(() => disk.Sync("a"));
            disk.Sync("a"); // succeeds, and promises nothing for what was before
            if (Bytes(disk, "a")[0] == 0) lost++;
        }

        lost.ShouldBeInRange(1, 39);
    }

    [Fact]
    public void A_full_disk_creates_no_file()
    {
        var disk = Disk();
        disk.IsFull = true;
        Should.Throw<IOException>(() => disk.Create("a", 10));
    }
}
