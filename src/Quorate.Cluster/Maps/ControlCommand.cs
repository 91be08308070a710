using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>An entry of the control group: one decision, executed by <see cref="ControlMachine"/> on every replica.</summary>
public abstract record ControlCommand
{
    /// <summary>First byte of the entry.</summary>
    internal abstract byte Kind { get; }

    /// <summary>The payload of the control group's entry. Only of a command that <see cref="ControlMachine.WhyNot"/> has
    /// nothing against: what breaks the bounds of the map has no encoding that every replica reads.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Kind);
        Write(writer);
        return output.WrittenSpan.ToArray();
    }

    internal abstract void Write(FieldWriter writer);
}

/// <summary>The first entry of a cluster: its first nodes, which hold the default group and the control group. Refused once
/// there are nodes.</summary>
public sealed record Bootstrap(IReadOnlyList<NodeEntry> Nodes) : ControlCommand
{
    internal override byte Kind => 1;

    internal override void Write(FieldWriter writer)
    {
        writer.Int32(Nodes.Count);
        foreach (var node in Nodes) MapCodec.Write(writer, node);
    }
}

/// <summary>Makes a node known, or changes its name and addresses. An id that was removed is refused for ever.</summary>
public sealed record AddNode(
    NodeId Id, string Name, string PeerAddress, string ClientAddress, string HttpAddress, NodeLabels Labels) : ControlCommand
{
    internal override byte Kind => 2;

    internal override void Write(FieldWriter writer) =>
        MapCodec.Write(writer, new NodeEntry(Id, Name, PeerAddress, ClientAddress, HttpAddress, Labels, NodeState.Joining));
}

/// <summary>Makes a node known that is to join, under the next id that was never used. Said again by a node that was not heard
/// yet it is done again, with the same id.</summary>
public sealed record JoinNode(
    string Name, string PeerAddress, string ClientAddress, string HttpAddress, NodeLabels Labels) : ControlCommand
{
    internal override byte Kind => 14;

    internal override void Write(FieldWriter writer)
    {
        writer.Text(Name);
        writer.Text(PeerAddress);
        writer.Text(ClientAddress);
        writer.Text(HttpAddress);
        writer.Labels(Labels);
    }
}

/// <summary>How many nodes vote in the control group, and how many hold the numbered databases.</summary>
public sealed record SetVoters(int Count) : ControlCommand
{
    internal override byte Kind => 15;

    internal override void Write(FieldWriter writer) => writer.Int32(Count);
}

public sealed record SetLabels(NodeId Id, NodeLabels Labels) : ControlCommand
{
    internal override byte Kind => 3;

    internal override void Write(FieldWriter writer)
    {
        writer.Node(Id);
        writer.Labels(Labels);
    }
}

/// <summary>A joining node was heard, or a draining one is wanted after all: it may hold replicas.</summary>
public sealed record AdmitNode(NodeId Id) : ControlCommand
{
    internal override byte Kind => 4;

    internal override void Write(FieldWriter writer) => writer.Node(Id);
}

/// <summary>Its replicas are to be moved away.</summary>
public sealed record DrainNode(NodeId Id) : ControlCommand
{
    internal override byte Kind => 5;

    internal override void Write(FieldWriter writer) => writer.Node(Id);
}

/// <summary>For ever. Refused while a group needs something that the node holds.</summary>
public sealed record RemoveNode(NodeId Id) : ControlCommand
{
    internal override byte Kind => 6;

    internal override void Write(FieldWriter writer) => writer.Node(Id);
}

/// <param name="Database">Number to select it by, or −1. The number must be free: drop the keyspace that has it before.</param>
/// <param name="Members">For each of its groups the nodes that hold it, chosen by <see cref="ReplicaPlacement"/>.</param>
public sealed record CreateKeyspace(
    string Name, int Database, Policy Policy, IReadOnlyList<IReadOnlyList<NodeId>> Members) : ControlCommand
{
    internal override byte Kind => 7;

    internal override void Write(FieldWriter writer)
    {
        writer.Text(Name);
        writer.Int32(Database);
        writer.Policy(Policy);
        writer.Int32(Members.Count);
        foreach (var nodes in Members) writer.Nodes(nodes);
    }
}

public sealed record AlterKeyspace(string Name, Policy Policy) : ControlCommand
{
    internal override byte Kind => 8;

    internal override void Write(FieldWriter writer)
    {
        writer.Text(Name);
        writer.Policy(Policy);
    }
}

public sealed record DropKeyspace(string Name) : ControlCommand
{
    internal override byte Kind => 9;

    internal override void Write(FieldWriter writer) => writer.Text(Name);
}

/// <summary>Compare-and-set: taken only if the group's epoch is <paramref name="Expected"/> and the configuration's the
/// next.</summary>
/// <param name="AdoptPolicy">The group begins to follow its keyspace's policy as it is when this is applied.</param>
public sealed record SetConfiguration(
    GroupId Group, Epoch Expected, GroupConfiguration Configuration, bool AdoptPolicy = false) : ControlCommand
{
    internal override byte Kind => 10;

    internal override void Write(FieldWriter writer)
    {
        writer.Int32(Group.Value);
        writer.Int64(Expected.Value);
        writer.Configuration(Configuration);
        writer.Flag(AdoptPolicy);
    }
}

/// <summary>Compare-and-set: the next epoch has no leader, and the replicas tell what they hold.</summary>
public sealed record Seal(GroupId Group, Epoch Expected) : ControlCommand
{
    internal override byte Kind => 11;

    internal override void Write(FieldWriter writer)
    {
        writer.Int32(Group.Value);
        writer.Int64(Expected.Value);
    }
}

/// <summary>Compare-and-set on the epoch, which stays: all that was acknowledged is held as the rule in force says.</summary>
public sealed record Settle(GroupId Group, Epoch Expected) : ControlCommand
{
    internal override byte Kind => 12;

    internal override void Write(FieldWriter writer)
    {
        writer.Int32(Group.Value);
        writer.Int64(Expected.Value);
    }
}

public sealed record SetDefaultPolicy(Policy Policy) : ControlCommand
{
    internal override byte Kind => 13;

    internal override void Write(FieldWriter writer) => writer.Policy(Policy);
}
