using System.Globalization;
using System.Text;

namespace Quorate.Server.Http;

/// <summary>The text format that Prometheus reads.</summary>
internal static class Metrics
{
    public static string Write(NodeReport report)
    {
        var text = new StringBuilder();
        foreach (var (name, help, isCounter, value) in report.Figures)
        {
            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
            text.Append("# TYPE ").Append(name).Append(isCounter ? " counter\n" : " gauge\n");
            text.Append(name).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        foreach (var (name, help, isCounter, label, values) in report.Families)
        {
            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
            text.Append("# TYPE ").Append(name).Append(isCounter ? " counter\n" : " gauge\n");
            foreach (var (of, value) in values)
                text.Append(name)
                    .Append('{').Append(label).Append("=\"").Append(of).Append("\"} ")
                    .Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        text.Append("# HELP quorate_follower_entries_behind Entries in the leader's log that a follower does not hold "
            + "durably.\n");
        text.Append("# TYPE quorate_follower_entries_behind gauge\n");
        foreach (var follower in report.Followers)
            text.Append("quorate_follower_entries_behind{node=\"")
                .Append(follower.Node).Append("\"} ").Append(follower.EntriesBehind).Append('\n');

        text.Append("# HELP quorate_peer_connected Whether this node can send to a peer.\n");
        text.Append("# TYPE quorate_peer_connected gauge\n");
        foreach (var member in report.Members)
            if (member.Node != report.Node)
                text.Append("quorate_peer_connected{node=\"")
                    .Append(member.Node).Append("\"} ").Append(member.IsConnected ? '1' : '0').Append('\n');
        return text.ToString();
    }
}
