using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Maps;

/// <summary>Reads back what <see cref="ControlCommand.Encode"/> wrote.</summary>
public static class ControlCodec
{
    /// <summary>False: these bytes are no entry of the control group, or one about a strategy that this node does not
    /// have.</summary>
    /// <param name="payload">The entry.</param>
    /// <param name="command">What it says.</param>
    /// <param name="strategies">Those that this node has; null: <see cref="Strategy.All"/>.</param>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out ControlCommand? command, StrategySet? strategies = null)
    {
        var reader = new FieldReader(payload, strategies);
        command = reader.Byte() switch
        {
            1 => ReadBootstrap(ref reader),
            2 => ReadAddNode(ref reader),
            3 => new SetLabels(reader.Node(), reader.Labels()),
            4 => new AdmitNode(reader.Node()),
            5 => new DrainNode(reader.Node()),
            6 => new RemoveNode(reader.Node()),
            7 => ReadCreateKeyspace(ref reader),
            8 => new AlterKeyspace(reader.Text(), reader.Policy()),
            9 => new DropKeyspace(reader.Text()),
            10 => new SetConfiguration(reader.Group(), reader.Epoch(), reader.Configuration(), reader.Flag()),
            11 => new Seal(reader.Group(), reader.Epoch()),
            12 => new Settle(reader.Group(), reader.Epoch()),
            13 => new SetDefaultPolicy(reader.Policy()),
            14 => new JoinNode(reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Labels()),
            15 => new SetVoters(reader.Int32()),
            _ => null,
        };
        if (command is not null && reader.IsWhole) return true;
        command = null;
        return false;
    }

    private static Bootstrap ReadBootstrap(ref FieldReader reader)
    {
        var count = reader.Count(ControlLimits.MostNodes);
        var nodes = new List<NodeEntry>();
        for (var i = 0; i < count && !reader.HasFailed; i++) nodes.Add(MapCodec.ReadNode(ref reader));
        return new Bootstrap(nodes);
    }

    private static AddNode ReadAddNode(ref FieldReader reader)
    {
        var node = MapCodec.ReadNode(ref reader);
        if (node.State != NodeState.Joining) reader.Fail();
        return new AddNode(node.Id, node.Name, node.PeerAddress, node.ClientAddress, node.HttpAddress, node.Labels);
    }

    private static CreateKeyspace ReadCreateKeyspace(ref FieldReader reader)
    {
        var name = reader.Text();
        var database = reader.Int32();
        var policy = reader.Policy();
        var count = reader.Count(ControlLimits.MostGroupsPerKeyspace);
        var members = new List<IReadOnlyList<NodeId>>();
        for (var i = 0; i < count && !reader.HasFailed; i++) members.Add(reader.Nodes());
        return new CreateKeyspace(name, database, policy, members);
    }
}
