using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Maps;

/// <summary>Reads what <see cref="FieldWriter"/> wrote. Once something was missing or impossible <see cref="IsWhole"/> is
/// false and every further answer is empty, so that a decoder asks once, at its end. Allocates by what is there, never
/// by what a count claims.</summary>
/// <param name="bytes">What was written.</param>
/// <param name="strategies">Those that a policy may name; null: <see cref="Strategy.All"/>.</param>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes, StrategySet? strategies = null)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private bool _failed;

    /// <summary>True when all was read, nothing is left and nothing was wrong.</summary>
    public readonly bool IsWhole => !_failed && _rest.IsEmpty;

    public readonly bool HasFailed => _failed;

    public readonly int Rest => _rest.Length;

    /// <summary>The id of a strategy that a policy names and this node does not have; null: there was none.</summary>
    public byte? UnknownStrategy { get; private set; }

    public void Fail()
    {
        _failed = true;
        _rest = default;
    }

    public byte Byte()
    {
        if (_rest.IsEmpty)
        {
            Fail();
            return 0;
        }

        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public byte[] Bytes(int length)
    {
        if (length > _rest.Length)
        {
            Fail();
            return [];
        }

        var bytes = _rest[..length].ToArray();
        _rest = _rest[length..];
        return bytes;
    }

    public bool Flag()
    {
        var value = Byte();
        if (value > 1) Fail();
        return value == 1;
    }

    public int Int32()
    {
        if (!BinaryPrimitives.TryReadInt32LittleEndian(_rest, out var value)) Fail();
        else _rest = _rest[sizeof(int)..];
        return value;
    }

    public long Int64()
    {
        if (!BinaryPrimitives.TryReadInt64LittleEndian(_rest, out var value)) Fail();
        else _rest = _rest[sizeof(long)..];
        return value;
    }

    /// <summary>A number that is never negative.</summary>
    public long Natural()
    {
        var value = Int64();
        if (value < 0) Fail();
        return value;
    }

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public int Between(int low, int high)
    {
        var value = Int32();
        if (value < low || value > high) Fail();
        return value;
    }

    /// <summary>A count of things that take at least one byte each, at most <paramref name="most"/>.</summary>
    public int Count(int most)
    {
        var value = Int32();
        if (value < 0 || value > most || value > _rest.Length) Fail();
        return _failed ? 0 : value;
    }

    public string Text()
    {
        var length = Byte();
        if (length > _rest.Length || length > ControlLimits.LongestTextBytes || !Utf8.IsValid(_rest[..length]))
        {
            Fail();
            return "";
        }

        var text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }

    public string? LongTextOrNone()
    {
        if (!Flag()) return null;
        var length = Int32();
        if (length < 0 || length > _rest.Length || !Utf8.IsValid(_rest[..length]))
        {
            Fail();
            return null;
        }

        var text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }

    public string? TextOrNone() => Flag() ? Text() : null;

    public NodeId Node()
    {
        var value = Int32();
        if (value < 0) Fail();
        return new NodeId(value);
    }

    public GroupId Group()
    {
        var value = Int32();
        if (value <= 0) Fail();
        return new GroupId(value);
    }

    public Epoch Epoch() => new(Natural());

    /// <summary>Nodes that exist, each once, at most <see cref="ControlLimits.MostMembers"/>.</summary>
    public NodeId[] Nodes()
    {
        var count = Byte();
        if (count > ControlLimits.MostMembers || count * sizeof(int) > _rest.Length) Fail();
        if (_failed) return [];
        var nodes = new NodeId[count];
        for (var i = 0; i < count; i++)
        {
            nodes[i] = Node();
            if (nodes[i].IsNone || Array.IndexOf(nodes, nodes[i], 0, i) >= 0) Fail();
        }

        return nodes;
    }

    public GroupConfiguration Configuration()
    {
        var epoch = Epoch();
        var leader = Node();
        var (inSync, learners) = (Nodes(), Nodes());
        var flags = Byte();
        if ((flags & ~(FieldWriter.HasRule | FieldWriter.HasStandby)) != 0) Fail();
        var rule = (flags & FieldWriter.HasRule) != 0 ? Rule() : null;
        var standby = Standby.Nobody;
        if ((flags & FieldWriter.HasStandby) != 0)
        {
            if (!Standby.TryRead(ref _rest, out standby, out var delay)
                || (delay > 0 && rule is null) || (delay == 0 && standby.IsEmpty))
                Fail();
            else if (standby.Delayed.Except(learners).Any() || standby.Feeds.Select(f => f.Replica).Except(learners).Any())
                Fail();
            else if (rule is not null) rule = rule with { DelayMilliseconds = delay };
        }

        return new GroupConfiguration(epoch, leader, inSync, learners) { Rule = rule, Standby = standby };
    }

    private GroupRule? Rule()
    {
        GroupRule? rule = null;
        if (_rest.Length < GroupRule.EncodedLength || !GroupRule.TryRead(_rest[..GroupRule.EncodedLength], out rule)) Fail();
        else _rest = _rest[GroupRule.EncodedLength..];
        return rule;
    }

    public ReplicaReport Report() => new(Epoch(), Epoch(), new LogIndex(Natural()), new LogIndex(Natural()), Flag());

    public NodeLabels Labels() => new(TextOrNone(), TextOrNone(), TextOrNone());

    public Policy Policy()
    {
        var first = Byte();
        var id = (byte)(first & ~FieldWriter.WithStandby);
        var strategy = (strategies?.Named ?? Strategy.All).FirstOrDefault(s => s.Id == id);
        if (strategy is null)
        {
            if (!_failed) UnknownStrategy = id;
            Fail();
        }

        var policy = new Policy
        {
            Strategy = strategy ?? Strategy.All[0],
            Ack = (Ack)Byte(),
            Ship = (Ship)Byte(),
            Reads = (ReadConsistency)Byte(),
            WhenShort = (WhenShort)Byte(),
            Durability = (Durability)Byte(),
            Replicas = Int32(),
            AckBackups = Int32(),
            MinInSync = Int32(),
            BoundMilliseconds = Int32(),
            Spread = TextOrNone(),
        };
        if (!Enum.IsDefined(policy.Ack) || !Enum.IsDefined(policy.Ship) || !Enum.IsDefined(policy.Reads)
            || !Enum.IsDefined(policy.WhenShort) || !Enum.IsDefined(policy.Durability)) Fail();
        if (policy.IsMerging) policy = Merging(policy);
        if ((first & FieldWriter.WithStandby) == 0) return policy;
        policy = policy with
        {
            Delayed = Between(0, PolicyCheck.MostReplicas),
            DelayMilliseconds = Between(0, int.MaxValue),
            Cascaded = Between(0, PolicyCheck.MostReplicas),
        };
        if (policy.Delayed + policy.Cascaded == 0) Fail();
        return policy;
    }

    private Policy Merging(Policy policy)
    {
        policy = policy with
        {
            Conflicts = (ConflictRule)Byte(),
            Topology = (Topology)Byte(),
            N = Int32(),
            R = Int32(),
            W = Int32(),
            Sloppy = Flag(),
            Consensus = Flag(),
            MergeName = TextOrNone(),
            MergeScript = LongTextOrNone(),
            KeepLosersSeconds = Int32(),
        };
        if (!Enum.IsDefined(policy.Conflicts) || !Enum.IsDefined(policy.Topology)) Fail();
        return policy;
    }
}
