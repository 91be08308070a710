using Quorate.Replication;

namespace Quorate.Data.Tests;

/// <summary>Random writes of every kind over a few databases, with time going on.</summary>
internal static class Workload
{
    public static void Step(Keyspace k, Prng dice, int keys)
    {
        k.Now += dice.Below(20);
        k.Database = dice.Chance(800) ? 0 : dice.Below(4);
        string K() => $"key:{dice.Below(keys):D6}";
        var line = dice.Below(100) switch
        {
            < 30 => $"SET {K()} {new string('v', dice.Below(60))}",
            < 40 => $"SET {K()} v PX {dice.Between(1, 2000)}",
            < 50 => $"DEL {K()} {K()}",
            < 58 => $"APPEND {K()} {new string('a', dice.Below(30))}",
            < 64 => $"INCR n{K()}",
            < 70 => $"PEXPIRE {K()} {dice.Between(-5, 3000)}",
            < 74 => $"PERSIST {K()}",
            < 78 => $"RENAME {K()} {K()}",
            < 82 => $"COPY {K()} {K()} DB {dice.Below(4)} REPLACE",
            < 85 => $"SETBIT {K()} {dice.Below(2000)} 1",
            < 87 => $"GETDEL {K()}",
            < 88 => $"SET big{dice.Below(3)} {new string((char)('a' + dice.Below(26)), 60_000 + dice.Below(200_000))}",
            < 89 => $"SETRANGE big{dice.Below(3)} {dice.Below(100_000)} xyz",
            < 90 => $"MOVE {K()} {dice.Below(4)}",
            < 97 => "",
            < 99 => "CLOCK",
            _ => dice.Below(400) switch { 0 => "FLUSHALL", 1 => "FLUSHDB", < 5 => "SWAPDB 0 1", _ => "NOPE" },
        };
        if (line == "CLOCK") k.Tick();
        else if (line.Length > 0) k.Do(line);
        else
            k.DoOnce(dice.Below(5), dice.Below(50) + (k.Machine.LastApplied.Value / 20), k.Machine.LastApplied.Value / 20,
                $"GETSET {K()} s{dice.Below(100)}");
    }
}
