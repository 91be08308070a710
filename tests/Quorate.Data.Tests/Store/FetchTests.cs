using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Tests.Rings;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests.Store;

/// <summary>
/// A store on disk can stand behind the seam: an entry waits until the keys that its command names have been fetched, and is
/// then applied in one go, as ever. What a command names is enough; no command asks for another key.
/// </summary>
public sealed class FetchTests
{
    private static readonly CommandTable Table = new([.. CommandTable.Keyspace, .. RingType.Entry.Commands]);

    private ArgRange[] _ranges = new ArgRange[16];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Entries_that_wait_for_their_keys_lead_to_the_same_state(ulong seed)
    {
        var dice = new Prng(seed);
        var inMemory = new Keyspace(RingType.WithRings);
        var onDisk = new Keyspace(RingType.WithRings, () => new FetchingStore());
        var waits = 0;
        for (var i = 0; i < 3000; i++)
        {
            var before = inMemory.Machine.LastApplied;
            if (dice.Chance(100)) inMemory.Do($"RING.PUSH ring{dice.Below(3)} 100 {string.Join(' ', Enumerable.Range(0, 10))}");
            else Workload.Step(inMemory, dice, 100);
            if (inMemory.Machine.LastApplied == before) continue;
            var entry = inMemory.Entry.ToArray();
            while (!IsReady(onDisk.Machine, entry))
            {
                waits++;
                // "fetched" is an input like "persisted": one read after the other comes back, in any order.
                foreach (var store in Stores(onDisk)) store.FetchOne();
            }

            onDisk.Apply(entry);
            if (dice.Chance(200)) foreach (var store in Stores(onDisk)) store.Evict();
        }

        waits.ShouldBeGreaterThan(100);
        onDisk.Machine.Digest().ShouldBe(inMemory.Machine.Digest());
    }

    [Fact]
    public void A_key_that_was_not_fetched_must_not_be_asked_for()
    {
        var k = new Keyspace(null, () => new FetchingStore());
        Should.Throw<InvariantViolation>(() => k.Do("SET a 1")).Message.ShouldContain("before it was fetched");
    }

    [Fact]
    public void A_snapshot_of_a_store_on_disk_restores_one_in_memory_and_the_other_way_round()
    {
        var dice = new Prng(3);
        var inMemory = new Keyspace();
        for (var i = 0; i < 1000; i++) Workload.Step(inMemory, dice, 200);
        var onDisk = new Keyspace(null, () => new FetchingStore());
        EffectsAndChanges.Restore(inMemory, onDisk);
        onDisk.Machine.Digest().ShouldBe(inMemory.Machine.Digest());
        var again = new Keyspace();
        EffectsAndChanges.Restore(onDisk, again);
        again.Machine.Digest().ShouldBe(inMemory.Machine.Digest());
    }

    /// <summary>What the replica asks before it applies an entry. COPY and MOVE name a key in another database too.</summary>
    private bool IsReady(KeyspaceMachine machine, byte[] entry)
    {
        EntryCodec.TryRead(entry, ref _ranges, out var header, out var args).ShouldBeTrue();
        if (args.Count == 0 || Table.Resolve(args, RespWriter.Discarding()) is not { NamesKeys: true } spec) return true;
        var last = spec.LastKey < 0 ? args.Count + spec.LastKey : spec.LastKey;
        var isReady = true;
        for (var at = spec.FirstKey; at <= last; at += spec.KeyStep)
        {
            foreach (var database in machine.Databases)
            {
                if (database.Number != header.Database && spec.Name is not ("copy" or "move")) continue;
                isReady &= database.Store.Foresee(args[at], KeyHash.Of(args[at]));
            }
        }

        return isReady;
    }

    private static IEnumerable<FetchingStore> Stores(Keyspace k) => k.Machine.Databases.Select(d => (FetchingStore)d.Store);
}
