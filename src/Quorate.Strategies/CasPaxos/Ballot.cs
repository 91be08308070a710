using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// A ballot number: unique, because a proposer never uses a counter for two rounds of a key in one life, and each life has
/// its incarnation. [CASPaxos §2.2] The epoch comes first, so that whatever was promised or accepted in an older
/// configuration is less than anything in a newer one. The default is less than every ballot: no ballot.
/// </summary>
public readonly record struct Ballot(Epoch Epoch, long Counter, NodeId Node, long Incarnation) : IComparable<Ballot>
{
    public bool IsNone => Node.IsNone;

    /// <summary>The proposer's next ballot, the one it asks to be promised together with accepting this one. [CASPaxos
    /// §2.2.1]</summary>
    public Ballot Next => this with { Counter = Counter + 1 };

    public int CompareTo(Ballot other)
    {
        var order = Epoch.CompareTo(other.Epoch);
        if (order == 0) order = Counter.CompareTo(other.Counter);
        if (order == 0) order = Node.CompareTo(other.Node);
        return order != 0 ? order : Incarnation.CompareTo(other.Incarnation);
    }

    public static bool operator <(Ballot a, Ballot b) => a.CompareTo(b) < 0;
    public static bool operator >(Ballot a, Ballot b) => a.CompareTo(b) > 0;
    public static bool operator <=(Ballot a, Ballot b) => a.CompareTo(b) <= 0;
    public static bool operator >=(Ballot a, Ballot b) => a.CompareTo(b) >= 0;

    public static Ballot Max(Ballot a, Ballot b) => a >= b ? a : b;

    public override string ToString() => IsNone ? "-" : $"{Epoch}:{Counter}.{Node}";

    internal void Write(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Node.Value);
        if (IsNone) return;
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Counter);
        Packing.WriteNatural(output, Incarnation);
    }

    /// <summary>False: these bytes are no ballot.</summary>
    internal static bool TryRead(ref PackedReader reader, out Ballot ballot)
    {
        ballot = default;
        if (!reader.TryNatural(out var node) || node > int.MaxValue) return false;
        if (node == 0) return true;
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var counter) || !reader.TryNatural(out var incarnation))
            return false;
        if (counter is 0 or long.MaxValue) return false;
        ballot = new Ballot(new Epoch(epoch), counter, new NodeId((int)node), incarnation);
        return true;
    }
}
