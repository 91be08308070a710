using System.Globalization;
using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Server.Storage;

/// <summary>
/// What a node that joined must know to be started again: who it is, where it serves, and whom it knew last. A text file in its
/// folder, written before the folder is used for anything else.
/// </summary>
/// <param name="Founders">The nodes with which the cluster began; addresses are not kept.</param>
/// <param name="Members">All nodes, this one included, as last known.</param>
/// <param name="Resp">As <see cref="NodeServerOptions.RespAddress"/>, and so on.</param>
public sealed record SeatFile(
    NodeId Self, string Name, IReadOnlyList<Member> Founders, IReadOnlyList<Member> Members,
    string Resp, string Peer, string Http, string Durability, NodeLabels Labels)
{
    private const string FileName = "seat";
    private const string Heading = "quorate seat 1";

    /// <summary>Null when there is none in the folder.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public static SeatFile? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        return TryParse(File.ReadAllLines(path), out var seat)
            ? seat
            : throw new IOException(
                $"{path} is damaged: restore it, or remove the node from the cluster and add it anew with an empty folder");
    }

    /// <summary>True when the folder holds a node already, one that did not join.</summary>
    public static bool HoldsAnotherNode(string folder) =>
        File.Exists(Path.Combine(folder, "identity")) && !File.Exists(Path.Combine(folder, FileName));

    /// <exception cref="IOException">It could not be written; what was there is still there.</exception>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        NodeFolder.WriteDurably(Path.Combine(folder, FileName), string.Join('\n', Lines()) + "\n");
    }

    /// <summary>False: these lines are no seat.</summary>
    public static bool TryParse(IReadOnlyList<string> lines, out SeatFile? seat)
    {
        seat = null;
        var (said, members) = (new Dictionary<string, string[]>(StringComparer.Ordinal), new List<Member>());
        if (lines.Count == 0 || lines[0] != Heading || lines[^1] != "end") return false;
        for (var i = 1; i < lines.Count - 1; i++)
        {
            var words = lines[i].Split(' ');
            if (words[0] != "member") said[words[0]] = words[1..];
            else if (words.Length != 5 || !TryId(words[1], out var id)) return false;
            else members.Add(new Member(id, words[2], OrNone(words[3]), OrNone(words[4])));
        }

        string Word(string name) => said.TryGetValue(name, out var words) && words.Length == 1 ? OrNone(words[0]) : "";
        if (!said.TryGetValue("node", out var node)
            || node.Length != 2 || !TryId(node[0], out var self) || members.All(m => m.Id != self))
            return false;
        if (!TryFounders(Word("founders"), out var founders)) return false;
        string? Label(string name) => Word(name) is { Length: > 0 } label ? label : null;
        seat = new SeatFile(
            self, node[1], founders, members, Word("resp"), Word("peer"), Word("http"), Word("durability"),
            new NodeLabels(Label("provider"), Label("region"), Label("zone")));
        return true;
    }

    /// <summary>Reads <c>1=n1,2=n2</c>.</summary>
    public static bool TryFounders(string text, out IReadOnlyList<Member> founders)
    {
        var found = new List<Member>();
        founders = found;
        foreach (var part in text.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || !TryId(part[..at], out var id)) return false;
            found.Add(new Member(id, part[(at + 1)..], "", ""));
        }

        return true;
    }

    private static bool TryId(string text, out NodeId id)
    {
        var isId = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0;
        id = new NodeId(value);
        return isId;
    }

    private IEnumerable<string> Lines() =>
    [
        Heading,
        $"node {Self.Value} {Name}",
        "founders " + string.Join(
            ',', Founders.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Id.Value}={m.Name}"))),
        $"resp {Or(Resp)}",
        $"peer {Or(Peer)}",
        $"http {Or(Http)}",
        $"durability {Or(Durability)}",
        $"provider {Or(Labels.Provider)}",
        $"region {Or(Labels.Region)}",
        $"zone {Or(Labels.Zone)}",
        .. Members.Select(m => string
            .Create(CultureInfo.InvariantCulture, $"member {m.Id.Value} {m.Name} {Or(m.PeerAddress)} {Or(m.RespAddress)}")),
        "end",
    ];

    private static string Or(string? text) => text is { Length: > 0 } ? text : "-";

    private static string OrNone(string text) => text == "-" ? "" : text;
}
