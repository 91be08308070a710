using System.Globalization;
using System.Net;
using System.Text;

namespace Quorate.Server.Http;

/// <summary>A node's report as a page for people: what is wrong, what each keyspace promises, who holds it and how far behind
/// they are. Without scripts; it loads itself again every two seconds.</summary>
internal static class StatusPage
{
    public static string Write(NodeReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\"><title>")
            .Append(Safe(report.Node)).Append(" - Quorate</title>\n");
        page.Append("<style>body{font:15px/1.4 sans-serif;max-width:60em;margin:2em auto}table{border-collapse:collapse}td,"
            + "th{border:1px solid #bbb;padding:.2em "
            + ".6em;text-align:left}.alarm{background:#fdd;padding:.4em}code{background:#eee}</style>\n");
        page.Append("<h1>").Append(Safe(report.Node)).Append("</h1>\n");
        if (report.Failure is { } failure) Alarm(page, failure);
        foreach (var alarm in report.Alarms) Alarm(page, alarm);
        if (report.Failure is null && report.Alarms.Count == 0) page.Append("<p>No alarms on this node.</p>\n");
        Members(page, report);
        foreach (var keyspace in report.Keyspaces) Keyspace(page, keyspace);
        return page.Append("<p><a href=\"/status\">as JSON</a>, <a href=\"/metrics\">figures</a></p></html>\n").ToString();
    }

    private static void Alarm(StringBuilder page, string text) =>
        page.Append("<p class=\"alarm\">").Append(Safe(text)).Append("</p>\n");

    private static void Members(StringBuilder page, NodeReport report)
    {
        page.Append("<table><tr><th>node<th>clients<th>this node can send to it</tr>\n");
        foreach (var member in report.Members)
            page.Append("<tr><td>")
                .Append(Safe(member.Node)).Append("<td>").Append(Safe(member.Resp)).Append("<td>")
                .Append(member.IsConnected ? "yes" : "no").Append("</tr>\n");
        page.Append("</table>\n");
    }

    private static void Keyspace(StringBuilder page, KeyspaceReport keyspace)
    {
        var names = keyspace.Names.Count > 4 ? $"{keyspace.Names[0]} to {keyspace.Names[^1]}" : string.Join(", ", keyspace.Names);
        page.Append("<h2>")
            .Append(Safe(names)).Append("</h2>\n<p><code>").Append(Safe(keyspace.Policy)).Append("</code></p>\n<ul>\n");
        foreach (var sentence in keyspace.Guarantee) page.Append("<li>").Append(Safe(sentence)).Append('\n');
        page.Append("</ul>\n");
        foreach (var group in keyspace.Groups)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<p>{Safe(group.Group)}, epoch {group.Epoch}: led by {Safe(group.Leader ?? "the leader that it elects")}; in "
                    + $"sync: {Safe(string.Join(", ", group.InSync))}");
            var learning = group.Learners.Except(group.Delayed).Except(group.Fed.Select(f => f.Node)).ToList();
            if (learning.Count > 0) page.Append("; learning: ").Append(Safe(string.Join(", ", learning)));
            if (group.Delayed.Count > 0)
                page.Append($"; {group.DelaySeconds} s behind on purpose: ").Append(Safe(string.Join(", ", group.Delayed)));
            foreach (var fed in group.Fed)
                page.Append("; ").Append(Safe(fed.Node)).Append(" fed by ").Append(Safe(fed.Source ?? "no replica"));
            page.Append("</p>\n");
            if (group.Lag.Count == 0) continue;
            page.Append("<table><tr><th>replica<th>entries behind<th>heard, ms ago<th>is sent</tr>\n");
            foreach (var replica in group.Lag)
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><td>{Safe(replica.Node)}<td>{replica.EntriesBehind}<td>{replica.HeardMilliseconds}<td>{Safe(replica.Progress)}</tr>\n");
            page.Append("</table>\n");
        }
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
