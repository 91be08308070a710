using Quorate.Cluster;
using Quorate.Configuration;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Tests;

public sealed class ServeSettingsTests
{
    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """
                { "node": "c", "data": "from-file", "http": "127.0.0.1:3", "resp": "127.0.0.1:3", // comment
                  "cluster": { "c": "h:3", "a": "h:1", "b": "h:2" }, "durability": "written", "max-clients": 7,
                  "zone": "a", "region": "eu-1", }
                """);
            var line = new Dictionary<string, string?> { ["node"] = "b", ["resp"] = "127.0.0.1:1" };
            var environment = new Dictionary<string, string?>
            {
                ["QUORATE_NODE"] = "a",
                ["QUORATE_RESP"] = "127.0.0.1:2",
                ["QUORATE_HTTP"] = "127.0.0.1:2",
                ["QUORATE_ZONE"] = "b",
                ["QUORATE_PORT"] = "tcp://10.0.0.1:80",
            };
            var settings = ServeSettings.From(Settings.Read(
                ServeSettings.Names, n => line.GetValueOrDefault(n), n => environment.GetValueOrDefault(n), file));
            settings.Node.Name.ShouldBe("b");
            settings.Node.Self.ShouldBe(new NodeId(2));
            settings.Node.RespAddress.ShouldBe("127.0.0.1:1");
            settings.Node.HttpAddress.ShouldBe("127.0.0.1:2");
            settings.Node.PeerAddress.ShouldBe("h:2");
            settings.Node.DataFolder.ShouldBe("from-file");
            settings.Node.Durability.ShouldBe(Durability.Written);
            settings.Node.Clients.MaxClients.ShouldBe(7);
            settings.Node.Labels.ShouldBe(new NodeLabels(null, "eu-1", "b"));
            settings.Members.Select(m => (m.Id.Value, m.Name)).ShouldBe([(1, "a"), (2, "b"), (3, "c")]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_complaint_names_where_the_value_came_from()
    {
        var environment = new Dictionary<string, string?> { ["QUORATE_NODE"] = "x", ["QUORATE_CLUSTER"] = "a=h:1" };
        var settings = Settings.Read(ServeSettings.Names, _ => null, n => environment.GetValueOrDefault(n), null);
        Should.Throw<SettingException>(() => ServeSettings.From(settings)).Message
            .ShouldBe("QUORATE_NODE is 'x'; it must be one of the names in --cluster (a)");
    }

    [Fact]
    public void Durability_memory_needs_a_folder_too_for_terms_and_votes()
    {
        var line = new Dictionary<string, string?> { ["node"] = "a", ["cluster"] = "a=h:1", ["durability"] = "memory" };
        Should.Throw<SettingException>(() => ServeSettings
            .From(Settings.Read(ServeSettings.Names, n => line.GetValueOrDefault(n), _ => null, null)))
            .Message.ShouldContain("--data");
    }
}
