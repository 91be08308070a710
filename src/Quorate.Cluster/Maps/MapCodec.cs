using Quorate.Replication;

namespace Quorate.Cluster.Maps;

/// <summary>The entries of the map as bytes: in commands and in snapshots.</summary>
internal static class MapCodec
{
    public static void Write(FieldWriter writer, NodeEntry node)
    {
        writer.Node(node.Id);
        writer.Text(node.Name);
        writer.Text(node.PeerAddress);
        writer.Text(node.ClientAddress);
        writer.Text(node.HttpAddress);
        writer.Labels(node.Labels);
        writer.Byte((byte)node.State);
    }

    public static NodeEntry ReadNode(ref FieldReader reader)
    {
        var node = new NodeEntry(
            reader.Node(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Labels(), (NodeState)reader.Byte());
        if (node.Id.IsNone || !Enum.IsDefined(node.State)) reader.Fail();
        return node;
    }

    public static void Write(FieldWriter writer, KeyspaceEntry keyspace)
    {
        writer.Int32(keyspace.Id);
        writer.Text(keyspace.Name);
        writer.Int32(keyspace.Database);
        writer.Policy(keyspace.Policy);
        writer.Int32(keyspace.Groups.Count);
        foreach (var group in keyspace.Groups) writer.Int32(group.Value);
    }

    public static KeyspaceEntry ReadKeyspace(ref FieldReader reader)
    {
        var id = reader.Between(1, int.MaxValue);
        var name = reader.Text();
        var database = reader.Between(-1, ControlLimits.Databases - 1);
        var policy = reader.Policy();
        var groups = new GroupId[reader.Count(ControlLimits.MostGroupsPerKeyspace)];
        for (var i = 0; i < groups.Length; i++) groups[i] = reader.Group();
        return new KeyspaceEntry(id, name, database, policy, groups);
    }

    public static void Write(FieldWriter writer, GroupEntry group)
    {
        writer.Int32(group.Id.Value);
        writer.Int32(group.Keyspace);
        writer.Policy(group.Policy);
        writer.Configuration(group.Configuration);
        writer.Nodes(group.Complete);
        writer.Nodes(group.Counted);
        writer.Int32(group.FewestHolders);
    }

    public static GroupEntry ReadGroup(ref FieldReader reader) => new(
        reader.Group(), reader.Between(0, int.MaxValue), reader.Policy(), reader.Configuration(), reader.Nodes(), reader.Nodes(),
        reader.Between(0, ControlLimits.MostMembers));
}
