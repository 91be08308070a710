using Quorate.Replication;

namespace Quorate.Data.Tests;

/// <summary>
/// The same random commands on a real Redis and here must give the same bytes. Left out: what shows the clock (a TTL is asked
/// for in ways that do not), the order of keys and memory sizes.
/// </summary>
public sealed class SameAsRedis
{
    private const int CommandsPerSeed = 6000;

    private static readonly string[] KeyNames = ["a", "b", "c", "d", "", "key:000000000001", "k\r\n\0x", new string('k', 300)];

    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "2", "7", "8", "9", "10", "15", "16", "100", "-5", "-100", "+1", "01", "-0", "", " 1", "1 ", "abc", "1.5",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "9223372036854775806", "2147483648", "4294967295",
        "536870911", "536870912", "4294967296", "3000", "99999999999999999999999", "9223372036854775",
    ];

    private static readonly string[] Floats =
    [
        "0", "1", "-1", "0.1", "-0.1", "3.0e3", "1e-5", "1e17", "123456789.123456789", "5.", ".5", "+5", "1e", "e1", "inf",
            "-inf", "nan",
        "1e4000", "1e5000", "-1e4931", "1e-4000", "1e-5000", "0.30000000000000000000001", "99999999999999999999", " 1", "1 ", "",
            "1,5",
        "1e300", "-1e300", "3.14159265358979323846", "2.5e-17", "1e+2", "1E2", "--1", "Infinity",
    ];

    private static readonly string[] Values =
    [
        "", "v", "hello world", "10", "-3", "3.5", "007", "\0\0", "\u00ff\u00ff\u00ff", "\u0000\u00ff", "\u0001", "abcabcabc",
            "9223372036854775807",
        new string('x', 44), new string('y', 45), new string('z', 70), "ohmytext", "mynewtext", "1e2",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_commands_get_the_same_replies(ulong seed)
    {
        using var redis = RedisServer.TryStart();
        Assert.SkipWhen(redis is null, "redis-server is not installed");
        var dice = new Prng(seed);
        var ours = new Keyspace { Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() };
        for (var i = 0; i < CommandsPerSeed; i++)
        {
            var words = Command(dice);
            if (i % 97 == 0)
            {
                ours.Protocol = dice.Chance(500) ? 3 : 2;
                redis.Do([Keyspace.Bytes("HELLO"), Keyspace.Bytes($"{ours.Protocol}")]);
            }

            if (i % 211 == 0)
            {
                ours.Database = dice.Below(2);
                redis.Do([Keyspace.Bytes("SELECT"), Keyspace.Bytes($"{ours.Database}")]);
            }

            // Expiries lie far in the future or in the past and relative ones grow from command to command, so the time that
            // passes meanwhile, on either side, changes nothing: GT and LT never compare two of the same.
            for (var w = 0; w < words.Count; w++)
            {
                if (words[w] is "100000" or "200000") words[w] = $"{int.Parse(words[w]) + (10 * i)}";
                else if (words[w] == "100000000") words[w] = $"{100_000_000 + (10_000 * i)}";
            }

            ours.Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            byte[][] bytes = [.. words.Select(Keyspace.Bytes)];
            var theirs = Keyspace.Text(redis.Do(bytes));
            Keyspace.Text(ours.Do(bytes)).ShouldBe(
                theirs, $"seed {seed}, command {i}, protocol {ours.Protocol}: {string.Join(" | ", words)}");
        }

        foreach (var database in ours.Machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
    }

    [Fact]
    public void Random_patterns_match_the_same_keys()
    {
        using var redis = RedisServer.TryStart();
        Assert.SkipWhen(redis is null, "redis-server is not installed");
        var dice = new Prng(99);
        var ours = new Keyspace();
        string Word(string alphabet, int longest) =>
            string.Concat(Enumerable.Range(0, dice.Below(longest + 1)).Select(_ => alphabet[dice.Below(alphabet.Length)]));
        string[] Keys(byte[] reply) =>
            [.. Keyspace.Text(reply).Split("\r\n").Where((_, i) => i > 0 && i % 2 == 0).Order(StringComparer.Ordinal)];
        for (var i = 0; i < 300; i++)
        {
            byte[][] set = [Keyspace.Bytes("SET"), Keyspace.Bytes(Word("abc-^]\\[", 6)), Keyspace.Bytes("v")];
            redis.Do(set);
            ours.Do(set);
        }

        for (var i = 0; i < 2000; i++)
        {
            var pattern = Word("aabbc**??[[]]^-\\", 9);
            byte[][] keys = [Keyspace.Bytes("KEYS"), Keyspace.Bytes(pattern)];
            Keys(ours.Do(keys)).ShouldBe(Keys(redis.Do(keys)), $"pattern {pattern}");
        }
    }

    private static string Any(Prng dice, params string[] choices) => choices[dice.Below(choices.Length)];

    private static string Key(Prng dice) => Any(dice, KeyNames);

    private static string Value(Prng dice) => dice.Chance(200) ? $"{dice.Between(-1000, 1000)}" : Any(dice, Values);

    private static string Small(Prng dice) => dice.Chance(700) ? $"{dice.Between(-20, 20)}" : Any(dice, Numbers);

    /// <summary>Offsets that make strings of reasonable size, or errors.</summary>
    private static string Offset(Prng dice) =>
        dice.Chance(900) ? $"{dice.Between(0, 200)}" : Any(dice, "-1", "x", "536870912", "4294967296", "9223372036854775807", "");

    private static string Case(Prng dice, string word) => dice.Chance(500) ? word : word.ToLowerInvariant();

    private static List<string> Command(Prng dice)
    {
        string K() => Key(dice);
        string V() => Value(dice);
        List<string> words = dice.Below(46) switch
        {
            0 or 1 or 2 => ["SET", K(), V(), .. SetOptions(dice)],
            3 or 4 => ["GET", K()],
            5 => ["GETEX", K(), .. GetExOptions(dice)],
            6 => ["GETDEL", K()],
            7 => ["GETSET", K(), V()],
            8 => ["SETNX", K(), V()],
            9 => ["SETEX", K(), Any(dice, "100000", "0", "-1", "x", "9223372036854775807"), V()],
            10 => ["PSETEX", K(), Any(dice, "100000000", "0", "-1", "x", "9223372036854775807"), V()],
            11 => ["MSET", K(), V(), K(), V()],
            12 => ["MGET", K(), K(), "absent"],
            13 => ["MSETNX", K() + "n", V(), K(), V()],
            14 => ["APPEND", K(), V()],
            15 => ["STRLEN", K()],
            16 => [Any(dice, "GETRANGE", "SUBSTR"), K(), Small(dice), Small(dice)],
            17 => ["SETRANGE", K(), Offset(dice), V()],
            18 => [Any(dice, "INCR", "DECR"), K()],
            19 => [Any(dice, "INCRBY", "DECRBY"), K(), Small(dice)],
            20 or 21 or 22 => ["INCRBYFLOAT", K(), Any(dice, Floats)],
            23 => ["LCS", K(), K(), .. LcsOptions(dice)],
            24 => ["SETBIT", K(), Offset(dice), Any(dice, "0", "1", "1", "2", "x")],
            25 => ["GETBIT", K(), Offset(dice)],
            26 => ["BITCOUNT", K(), .. RangeOptions(dice)],
            27 or 28 => ["BITPOS", K(), Any(dice, "0", "1", "2", "x"), .. RangeOptions(dice)],
            29 =>
                ["BITOP", Any(dice, "AND", "OR", "XOR", "NOT", "NAND"), K(), K(), .. dice.Chance(600) ? [K()]
                    : Array.Empty<string>()],
            30 => [Any(dice, "DEL", "UNLINK"), K(), K()],
            31 => [Any(dice, "EXISTS", "TOUCH"), K(), K(), K()],
            32 => ["TYPE", K()],
            33 => [Any(dice, "RENAME", "RENAMENX"), K(), K()],
            34 => ["COPY", K(), K(), .. CopyOptions(dice)],
            35 or 36 =>
                ["EXPIRE", K(), Any(dice, "100000", "200000", "-1", "0", "x", "9223372036854775807", "-9223372036854775808"),
                    .. Conditions(dice)],
            37 => ["PEXPIRE", K(), Any(dice, "100000000", "-1", "9223372036854775807"), .. Conditions(dice)],
            38 => ["EXPIREAT", K(), Any(dice, "4000000000", "4100000000", "1", "9223372036854775807"), .. Conditions(dice)],
            39 => ["PEXPIREAT", K(), Any(dice, "4000000000000", "4100000000999", "1"), .. Conditions(dice)],
            40 => [Any(dice, "TTL", "PTTL"), K() + "q"],
            41 => ["PERSIST", K()],
            42 => ["OBJECT", Any(dice, "ENCODING", "ENCODING", "FREQ", "NOPE"), K()],
            43 => [Any(dice, "DBSIZE", "RANDOMKEYS", "SWAPDB", "FLUSHDB")],
            44 => ["MOVE", K(), Any(dice, "0", "1", "16", "-1", "x", "99999999999")],
            _ => ["SCAN", Any(dice, "x", "-", "1x"), "COUNT", "5"],
        };
        words[0] = Case(dice, words[0]);
        // Now and then a word too few or too many.
        if (dice.Chance(15) && words.Count > 1) words.RemoveAt(words.Count - 1);
        if (dice.Chance(15)) words.Add(V());
        if (words[0] is "FLUSHDB" or "flushdb" && dice.Chance(700)) return ["DBSIZE"];
        // An EXPIRETIME shows an absolute time, so it is asked of keys that got one.
        return words[0] == "TYPE" && dice.Chance(500) ? ["PTTL", "absent"] : words;
    }

    private static IEnumerable<string> SetOptions(Prng dice)
    {
        for (var n = dice.Below(4); n > 0; n--)
        {
            yield return Case(dice, Any(dice, "NX", "XX", "GET", "KEEPTTL", "PERSIST", "FOO", "EX"));
            if (!dice.Chance(300)) continue;
            yield return Case(dice, Any(dice, "EX", "PX", "EXAT", "PXAT"));
            yield return Any(dice, "4000000000", "4000000000000", "0", "-1", "x", "9223372036854775807");
        }
    }

    private static IEnumerable<string> GetExOptions(Prng dice)
    {
        for (var n = dice.Below(3); n > 0; n--)
        {
            if (dice.Chance(300)) yield return Case(dice, Any(dice, "PERSIST", "NX", "KEEPTTL"));
            yield return Case(dice, Any(dice, "EX", "PX", "EXAT", "PXAT"));
            yield return Any(dice, "4000000000", "1", "4000000000000", "0", "-1", "x", "9223372036854775807") is var t
                && t == "1" ? "5000000000" : t;
        }
    }

    private static IEnumerable<string> LcsOptions(Prng dice)
    {
        for (var n = dice.Below(4); n > 0; n--)
        {
            var option = Any(dice, "LEN", "IDX", "IDX", "WITHMATCHLEN", "MINMATCHLEN", "FOO");
            yield return Case(dice, option);
            if (option == "MINMATCHLEN") yield return Any(dice, "0", "1", "2", "3", "-1", "x");
        }
    }

    private static IEnumerable<string> RangeOptions(Prng dice)
    {
        var n = dice.Below(5);
        for (var i = 0; i < Math.Min(n, 2); i++) yield return Small(dice);
        if (n > 2) yield return Case(dice, Any(dice, "BIT", "BYTE", "BIT", "BITS"));
    }

    private static IEnumerable<string> CopyOptions(Prng dice)
    {
        for (var n = dice.Below(3); n > 0; n--)
        {
            var option = Any(dice, "REPLACE", "DB", "FOO");
            yield return Case(dice, option);
            if (option == "DB") yield return Any(dice, "0", "1", "16", "-1", "x", "99999999999");
        }
    }

    private static IEnumerable<string> Conditions(Prng dice)
    {
        for (var n = dice.Below(3); n > 0; n--) yield return Case(dice, Any(dice, "NX", "XX", "GT", "LT", "FOO"));
    }
}
