using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Who belongs to a group and who is counted. Effective on a replica as soon as the entry that carries it is in its
/// log, committed or not. While <see cref="IsJoint"/>, every decision needs a quorum of <see cref="Voters"/> and one of
/// <see cref="OutgoingVoters"/>. Immutable; the lists are in ascending order. [Raft §4.3]
/// </summary>
public sealed class Configuration : IEquatable<Configuration>
{
    private const int MaxMembers = 255;

    private readonly NodeId[] _voters;
    private readonly NodeId[] _outgoing;
    private readonly NodeId[] _learners;
    private readonly NodeId[] _members;

    /// <param name="voters">at least one</param>
    /// <param name="learners">replicas that receive the log and are never counted</param>
    /// <param name="outgoing">the voters of C_old while the change is joint</param>
    public Configuration(IEnumerable<NodeId> voters, IEnumerable<NodeId>? learners = null, IEnumerable<NodeId>? outgoing = null)
    {
        ArgumentNullException.ThrowIfNull(voters);
        _voters = Sorted(voters);
        _outgoing = Sorted(outgoing ?? []);
        _learners = Sorted(learners ?? []);
        _members = Sorted(_voters.Concat(_outgoing).Concat(_learners));
        Invariant.Require(_voters.Length > 0, "a configuration has a voter");
        Invariant.Require(!_learners.Any(l => _voters.Contains(l)), "a voter is not a learner as well");
    }

    /// <summary>The voters; of C_new while joint.</summary>
    public IReadOnlyList<NodeId> Voters => _voters;

    /// <summary>The voters of C_old; empty unless joint.</summary>
    public IReadOnlyList<NodeId> OutgoingVoters => _outgoing;

    public IReadOnlyList<NodeId> Learners => _learners;

    /// <summary>Everybody who receives the log.</summary>
    public IReadOnlyList<NodeId> Members => _members;

    public bool IsJoint => _outgoing.Length > 0;

    internal ReadOnlySpan<NodeId> VoterSpan => _voters;

    internal ReadOnlySpan<NodeId> OutgoingSpan => _outgoing;

    internal ReadOnlySpan<NodeId> LearnerSpan => _learners;

    internal ReadOnlySpan<NodeId> MemberSpan => _members;

    public bool IsVoter(NodeId node) => Array.IndexOf(_voters, node) >= 0 || Array.IndexOf(_outgoing, node) >= 0;

    public bool Contains(NodeId node) => Array.IndexOf(_members, node) >= 0;

    /// <summary>C_old,new on the way to <paramref name="next"/>.</summary>
    internal Configuration JointWith(Configuration next) => new(next._voters, next._learners, _voters);

    /// <summary>C_new after C_old,new.</summary>
    internal Configuration LeaveJoint() => new(_voters, _learners);

    internal bool HasSameVotersAs(Configuration other) => _voters.AsSpan().SequenceEqual(other._voters);

    /// <summary>The bytes of a configuration entry and of <see cref="RequestKind.ChangeMembership"/>.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[3 + (4 * (_voters.Length + _outgoing.Length + _learners.Length))];
        bytes[0] = (byte)_voters.Length;
        bytes[1] = (byte)_outgoing.Length;
        bytes[2] = (byte)_learners.Length;
        var at = 3;
        foreach (var node in _voters.Concat(_outgoing).Concat(_learners))
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), node.Value);
            at += 4;
        }

        return bytes;
    }

    /// <summary>False: these are not the bytes of a configuration.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Configuration? configuration)
    {
        configuration = null;
        if (bytes.Length < 3 || bytes[0] == 0) return false;
        int voters = bytes[0], outgoing = bytes[1], learners = bytes[2];
        if (bytes.Length != 3 + (4 * (voters + outgoing + learners)) || voters + outgoing + learners > MaxMembers) return false;
        if (!TryReadNodes(bytes[3..], voters, out var v)
            || !TryReadNodes(bytes[(3 + (4 * voters))..], outgoing, out var o)
            || !TryReadNodes(bytes[(3 + (4 * (voters + outgoing)))..], learners, out var l)) return false;
        foreach (var learner in l) if (Array.IndexOf(v, learner) >= 0) return false;
        configuration = new Configuration(v, l, o);
        return true;
    }

    private static bool TryReadNodes(ReadOnlySpan<byte> bytes, int count, out NodeId[] nodes)
    {
        nodes = new NodeId[count];
        for (var i = 0; i < count; i++)
        {
            nodes[i] = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]));
            if (nodes[i].Value <= 0 || (i > 0 && nodes[i].Value <= nodes[i - 1].Value)) return false;
        }

        return true;
    }

    private static NodeId[] Sorted(IEnumerable<NodeId> nodes) => [.. nodes.Distinct().OrderBy(n => n.Value)];

    public bool Equals(Configuration? other) =>
        other is not null && HasSameVotersAs(other)
        && _outgoing.AsSpan().SequenceEqual(other._outgoing) && _learners.AsSpan().SequenceEqual(other._learners);

    public override bool Equals(object? obj) => Equals(obj as Configuration);

    public override int GetHashCode() => (int)Hash.Of(Encode());

    public override string ToString()
    {
        var text = string.Join(',', _voters);
        if (IsJoint) text = $"({string.Join(',', _outgoing)})&({text})";
        return _learners.Length == 0 ? text : $"{text}+{string.Join(',', _learners)}";
    }
}
