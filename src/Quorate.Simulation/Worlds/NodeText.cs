using System.Globalization;
using System.Text;
using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Turns;

namespace Quorate.Simulation.Worlds;

/// <summary>A node as a complaint of the simulator shows it: whether it runs, and what its replicas hold.</summary>
internal static class NodeText
{
    public static string Of(SimNode node)
    {
        if (node.Node is not { } running) return $"{node.Id} down{(node.HasRefused ? ", refused to start" : "")}";
        var text = new StringBuilder();
        if (running.Control is { } control) Describe(running, control, text);
        else running.Describe(text);
        return $"{node.Id}{(node.IsPaused ? " paused" : "")}{(node.HasFailedJournal ? " journal failed" : "")} {text}";
    }

    private static void Describe(Node node, ControlPlane control, StringBuilder text)
    {
        text.Append("map ").Append(control.Map.Version).Append(' ');
        control.Replica.Describe(text);
        foreach (var group in node.Groups)
        {
            if (group.IsAbsent || group.Id == Node.DefaultGroup) continue;
            text.Append("\n    ");
            group.Describe(text);
        }

        foreach (var group in control.Map.Groups)
        {
            if (control.StatusOf(group.Id) is not { } status) continue;
            var (complete, counted) = (string.Join(" ", group.Complete), string.Join(" ", group.Counted));
            text.Append(CultureInfo.InvariantCulture, $"\n    {group.Configuration} {group.Policy.Ack} complete [{complete}]");
            text.Append(
                CultureInfo.InvariantCulture, $" counted [{counted}] {group.FewestHolders}: {status.Phase} {status.Reason}");
        }
    }
}
