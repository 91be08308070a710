using Quorate.Cluster;
using Quorate.Replication.Policies;
using Quorate.Server;
using Quorate.Server.Storage;

namespace Quorate.Configuration;

/// <summary>The settings of a node that joins a running cluster, or has joined it before: then its folder says who it
/// is.</summary>
internal static class JoinSettings
{
    private const string NoSeat = "begin a cluster with --cluster, or join a running one with --join and any of its nodes "
        + "(this folder belongs to no node yet)";

    /// <summary>True when the node is to be started by what <see cref="SeatFile"/> or <c>--join</c> says.</summary>
    public static bool Concern(Settings settings)
    {
        if (settings.Has("cluster")) return settings.Has("join") ? throw settings.Wrong("join", "left out where --cluster is "
            + "given: a node begins a cluster or joins one") : false;
        return settings.Has("join") || (settings.Has("data") && SeatIn(settings.Text("data", NoSeat)) is not null);
    }

    /// <summary>The seat in the folder; else the node asks for one.</summary>
    /// <param name="settings">The operator's settings.</param>
    /// <param name="ask">Sends words to the node at an address and answers the lines of its reply.</param>
    /// <exception cref="SettingException">something is missing or wrong.</exception>
    /// <exception cref="CannotStartException">the folder cannot be read, or belongs to another node.</exception>
    public static async Task<(NodeServerOptions Node, IReadOnlyList<Member> Members)> TakeSeatAsync(
        Settings settings, Func<string, IReadOnlyList<string>, Task<IReadOnlyList<string>>> ask)
    {
        var data = settings.Text("data", "give the folder where this node keeps its data, e.g. --data /var/lib/quorate");
        var seat = SeatIn(data);
        if (seat is null)
        {
            if (SeatFile.HoldsAnotherNode(data)) throw new CannotStartException($"{data} holds a node already: a node joins "
                + "with an empty folder");
            seat = await AskAsync(settings, ask);
            Keep(seat, data);
        }
        else if (settings.Has("node") && settings.Text("node", NoSeat) is var name && name != seat.Name)
        {
            throw settings.Wrong("node", $"{seat.Name}, or left out: the folder {data} belongs to that node");
        }

        var told = Told(settings, seat);
        if (told != seat) Keep(told, data);
        return (new NodeServerOptions
        {
            Self = told.Self,
            Name = told.Name,
            Founders = told.Founders,
            DataFolder = data,
            Durability = ServeSettings.DurabilityOf(told.Durability),
            RespAddress = told.Resp,
            PeerAddress = told.Peer,
            HttpAddress = told.Http,
            Labels = told.Labels,
            Clients = ServeSettings.LimitsOf(settings),
        }, [.. told.Members.Select(m => m.Id == told.Self ? m with { PeerAddress = told.Peer } : m)]);
    }

    /// <summary>A setting that the operator gives now wins over the one in the seat file.</summary>
    private static SeatFile Told(Settings settings, SeatFile seat)
    {
        var labels = ServeSettings.LabelsOf(settings);
        return seat with
        {
            Resp = settings.Address("resp", seat.Resp),
            Peer = settings.Has("peer") ? PeerAddress(settings) : seat.Peer,
            Http = settings.Address("http", seat.Http),
            Durability = settings.OneOf("durability", ServeSettings.Durabilities, seat.Durability),
            Labels = new NodeLabels(
                labels.Provider ?? seat.Labels.Provider, labels.Region ?? seat.Labels.Region, labels.Zone ?? seat.Labels.Zone),
        };
    }

    private static async Task<SeatFile> AskAsync(
        Settings settings, Func<string, IReadOnlyList<string>, Task<IReadOnlyList<string>>> ask)
    {
        var join = settings.Address("join", "127.0.0.1:7001");
        var name = settings.Text("node", "give the node a name, e.g. --node n4");
        if (!ServeSettings.IsName(name)) throw settings.Wrong("node", "letters, digits, '-', '_' and '.'");
        settings.Text("peer", "give the address where the other nodes reach this one, e.g. --peer 10.0.0.4:9001");
        var (peer, resp, http) = (
            PeerAddress(settings), settings.Address("resp", "127.0.0.1:7001"), settings.Address("http", "127.0.0.1:8001"));
        var labels = ServeSettings.LabelsOf(settings);
        var words = new List<string> { "NODE", "ADD", name, peer, "RESP", resp, "HTTP", http };
        foreach (var (label, value) in new[] { ("PROVIDER", labels.Provider), ("REGION", labels.Region), ("ZONE", labels.Zone) })
            if (value is not null) words.AddRange([label, value]);
        var lines = await ask(join, words);
        var durability = settings.OneOf("durability", ServeSettings.Durabilities, "fsync");
        string[] file = [
            "quorate seat 1",
            .. lines.Select(l => l.StartsWith("founders ", StringComparison.Ordinal)
                || l.StartsWith("node ", StringComparison.Ordinal) || l.StartsWith("member ", StringComparison.Ordinal)
                ? l : "")
            .Where(l => l.Length > 0), $"resp {resp}", $"peer {peer}", $"http {http}", $"durability {durability}", "end"];
        return SeatFile.TryParse(file, out var seat)
            ? seat! with { Labels = labels }
            : throw new CannotStartException($"{join} answered NODE ADD in a form that this version cannot read");
    }

    private static string PeerAddress(Settings settings)
    {
        var address = settings.Address("peer", "");
        if (!Addresses.TryParse(address, out var host, out var port, out _) || port == 0 || host is "*" or "0.0.0.0" or "::")
            throw settings.Wrong("peer", "where the other nodes reach this one: a host or address of this machine and a port");
        return address;
    }

    private static SeatFile? SeatIn(string data)
    {
        try
        {
            return SeatFile.Read(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException(e.Message, e);
        }
    }

    private static void Keep(SeatFile seat, string data)
    {
        try
        {
            seat.Write(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"{data}: {e.Message}", e);
        }
    }
}
