using System.Buffers;
using Quorate.Data.Commands;
using Quorate.Data.Registers;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests.Registers;

/// <summary>Commands as functions of one register answer as the commands of a keyspace do.</summary>
public sealed class RegisterTests
{
    [Fact]
    public void Random_commands_are_answered_as_a_keyspace_answers_them()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var dice = new Prng(seed);
            var keyspace = new Keyspace();
            var registers = new Registers();
            var changed = 0;
            for (var i = 0; i < 1500; i++)
            {
                keyspace.Now += dice.Below(30);
                registers.Now = keyspace.Now;
                var line = Line(dice, $"k{dice.Below(4)}", keyspace.Now);
                var expected = IsRead(line) ? Read(keyspace, line) : keyspace.Do(line);
                registers.Do(line).ShouldBe(expected, $"seed {seed}, step {i}: {line}");
                if (registers.Changed) changed++;
            }

            changed.ShouldBeGreaterThan(300);
        }
    }

    [Fact]
    public void Compare_and_set_changes_what_is_expected()
    {
        var registers = new Registers();
        registers.Do("CAS x a b").ShouldBe(":0\r\n");
        registers.Do("SET x a PX 1000");
        registers.Do("CAS x b c").ShouldBe(":0\r\n");
        registers.Do("CAS x a b").ShouldBe(":1\r\n");
        registers.Do("GET x").ShouldBe("$1\r\nb\r\n");
        registers.Do("PTTL x").ShouldBe(":1000\r\n");
    }

    [Fact]
    public void Time_does_not_go_back_behind_the_last_change()
    {
        var registers = new Registers { Now = 10_000 };
        registers.Do("SET x a");
        registers.Now = 5000;
        registers.Do("EXPIRE x 1").ShouldBe(":1\r\n");
        registers.Do("PEXPIRETIME x").ShouldBe(":11000\r\n");
    }

    [Fact]
    public void An_empty_command_removes_what_is_due_and_nothing_else()
    {
        var registers = new Registers { Now = 1000 };
        registers.Do("SET x a PX 10");
        registers.Expire("x").ShouldBe(ChangeKind.Unchanged);
        registers.Now = 1011;
        registers.Expire("x").ShouldBe(ChangeKind.Changed);
        registers.Do("EXISTS x").ShouldBe(":0\r\n");
        registers.Expire("x").ShouldBe(ChangeKind.Unchanged);
    }

    [Fact]
    public void A_command_that_changes_nothing_says_so()
    {
        var registers = new Registers();
        registers.Do("SET x a");
        registers.Changed.ShouldBeTrue();
        foreach (var line in new[] { "SET x a", "SET x b NX", "GET x", "INCR x", "PERSIST x", "DEL y", "GETRANGE x 0 z" })
        {
            registers.Do(line);
            registers.Changed.ShouldBeFalse(line);
        }
    }

    [Fact]
    public void What_needs_an_order_of_all_keys_is_refused_and_says_who_can_do_it()
    {
        var registers = new Registers();
        foreach (var line in new[] { "MSET a 1 b 2", "MSETNX a 1", "RENAME a b", "COPY a b", "BITOP AND a b c", "DBSIZE",
            "SCAN 0", "KEYS *", "FLUSHALL", "MOVE a 1", "RANDOMKEY" })
            registers.Do(line).ShouldContain("raft, primary, chain", Case.Sensitive, line);
        registers.Do("NOPE").ShouldContain("unknown command");
        registers.Do("GET").ShouldContain("wrong number of arguments");
    }

    [Fact]
    public void Bytes_that_are_no_state_are_not_read()
    {
        var dice = new Prng(5);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[dice.Below(12)];
            for (var j = 0; j < bytes.Length; j++) bytes[j] = (byte)dice.Below(256);
            RegisterState.TryRead(bytes, out _);
        }

        RegisterState.TryRead([], out _).ShouldBeFalse();
        RegisterState.TryRead([2, 0, 0], out _).ShouldBeTrue();
        RegisterState.TryRead([3, 0, 0], out _).ShouldBeFalse();
        RegisterState.TryRead([0x80, 0, 0], out _).ShouldBeFalse();
    }

    private static string Line(Prng dice, string key, long now) => dice.Below(32) switch
    {
        < 4 => $"SET {key} {Value(dice)}",
        4 => $"SET {key} {Value(dice)} {Option(dice, now)}",
        5 => $"SET {key} {Value(dice)} {Option(dice, now)} {Option(dice, now)}",
        6 => $"GET {key}",
        7 => $"SETNX {key} {Value(dice)}",
        8 => $"GETSET {key} {Value(dice)}",
        9 => $"GETDEL {key}",
        10 => $"GETEX {key} {Option(dice, now)}",
        11 => $"DEL {key}",
        12 => $"EXISTS {key}",
        13 => $"INCR {key}",
        14 => $"DECRBY {key} {dice.Between(-9, 9)}",
        15 => $"INCRBYFLOAT {key} {dice.Between(-9, 9)}.5",
        16 => $"APPEND {key} {Value(dice)}",
        17 => $"STRLEN {key}",
        18 => $"GETRANGE {key} {dice.Between(-6, 6)} {dice.Between(-6, 6)}",
        19 => $"SETRANGE {key} {dice.Between(-1, 8)} {Value(dice)}",
        20 => $"EXPIRE {key} {dice.Between(-1, 2)} {Pick(dice, "NX", "XX", "GT", "LT", "NOPE")}",
        21 => $"PEXPIRE {key} {dice.Between(-10, 500)}",
        22 => $"PEXPIREAT {key} {now + dice.Between(-50, 500)}",
        23 => $"EXPIREAT {key} {(now / 1000) + dice.Between(-1, 2)}",
        24 => $"TTL {key}",
        25 => $"PTTL {key}",
        26 => $"PERSIST {key}",
        27 => $"PEXPIRETIME {key}",
        28 => $"TYPE {key}",
        29 => $"SETBIT {key} {dice.Below(70)} {dice.Below(2)}",
        30 => $"BITCOUNT {key}",
        _ => $"SETEX {key} {dice.Between(-1, 2)} {Value(dice)}",
    };

    private static string Value(Prng dice) =>
        dice.Below(3) switch { 0 => $"{dice.Below(100)}", 1 => "text", _ => new string('v', dice.Below(60)) };

    private static string Option(Prng dice, long now) => dice.Below(9) switch
    {
        0 => "NX",
        1 => "XX",
        2 => "GET",
        3 => "KEEPTTL",
        4 => $"EX {dice.Between(-1, 2)}",
        5 => $"PX {dice.Between(0, 300)}",
        6 => $"PXAT {now + dice.Between(-10, 300)}",
        7 => $"EXAT {(now / 1000) + 1}",
        _ => "PERSIST",
    };

    private static string Pick(Prng dice, params string[] words) => words[dice.Below(words.Length)];

    private static bool IsRead(string line) =>
        new CommandTable(CommandTable.Keyspace).TryFind(Keyspace.Bytes(line.Split(' ')[0]), out var spec)
            && spec.Route == CommandRoute.Read;

    /// <summary>After a clock entry, so that the read sees this very time.</summary>
    private static string Read(Keyspace keyspace, string line)
    {
        keyspace.Tick();
        return keyspace.Do(line);
    }

    /// <summary>Registers by key, each changed by its own functions.</summary>
    private sealed class Registers : IReplyRouter
    {
        private readonly Dictionary<string, byte[]> _states = [];
        private readonly RegisterMachine _machine;
        private readonly RespWriter _kept = new();
        private byte[] _entry = [];

        public Registers() => _machine = new RegisterMachine(this);

        public long Now { get; set; } = 1_700_000_000_000;

        public bool Changed { get; private set; }

        public string Do(string line)
        {
            var buffer = Keyspace.Pack([.. line.Split(' ').Select(Keyspace.Bytes)], out var ranges);
            var length = EntryCodec.WriteCommand(ref _entry, Now, 0, 2, new CommandArgs(buffer, ranges));
            var payload = _entry.AsSpan(0, length);
            var reply = new ArrayBufferWriter<byte>();
            Changed = false;
            if (!_machine.TryKey(payload, out var bytes)) _machine.CountParts(payload, reply).ShouldBe(0);
            else
            {
                var key = System.Text.Encoding.UTF8.GetString(bytes);
                var state = new ArrayBufferWriter<byte>();
                Changed = _machine.Change(payload, _states.GetValueOrDefault(key, []), new StepTime(0, Now), reply,
                    state) == ChangeKind.Changed;
                if (Changed) _states[key] = state.WrittenSpan.ToArray();
            }

            _kept.Clear();
            _machine.Keep(new RequestId(1), reply.WrittenSpan);
            return Keyspace.Text(_kept.Written.Span);
        }

        public ChangeKind Expire(string key)
        {
            var state = new ArrayBufferWriter<byte>();
            var kind = _machine.Change(default, _states.GetValueOrDefault(key, []), new StepTime(0, Now),
                new ArrayBufferWriter<byte>(), state);
            if (kind == ChangeKind.Changed) _states[key] = state.WrittenSpan.ToArray();
            return kind;
        }

        public RespWriter? Begin(RequestId request) => null;

        public void End(RequestId request)
        {
        }

        public RespWriter? BeginEarly(RequestId request) => _kept;

        public void EndEarly(RequestId request)
        {
        }

        public bool IsEarly(long session, long sequence) => false;
    }
}
