using System.Globalization;

namespace Quorate.Compare;

/// <summary>What the command line of <c>bench/compare</c> says.</summary>
internal sealed record CompareOptions
{
    public const string Usage = """
        usage: bench/compare [--rounds N] [--quick] [--only P1,P3] [--kills N] [--folder DIR] [--results DIR]
               bench/compare strategies [--rounds N] [--quick] [--only raft,chain-craq] [--results DIR]
               bench/compare builds --beside PROGRAM [--rounds N] [--quick] [--only P1,P3]
               bench/compare kills [--rounds N] [--durability fsync|memory]
               bench/compare power [--rounds N]
               bench/compare overload|comeback [--durability fsync|memory]
               bench/growth [--quick] [--only keys,values,connections,replicas,sets,groups]
               bench/compare keyspaces [--minutes M]
               bench/compare failover [--strategy raft|primary|chain] [--kills N] [--verbose]
               bench/compare regions [--seconds S]
               bench/compare leaderless|consensus [--rounds N]
               bench/compare reads [--durability fsync|memory] [--verbose]

          --rounds N     rounds per row, ours and theirs in turn; medians are reported (3; kills: 10; power: 3; others: 1)
          --quick        one round with a quarter of the requests
          --only A,B     only these rows (P1 to P12, U1); strategies: only these keyspaces
          --beside P     the program of another build, which takes turns with this one
          --kills N      how often P8 kills the leader (5; failover: 20)
          --strategy S   the keyspace's whose leader failover kills (primary)
          --verbose      failover: the servers' last words after a gap beyond the target; reads: every sample
          --folder DIR   where the servers keep their data (the system's folder for temporary files)
          --results DIR  where latest.md, latest.json and latest.svg go (bench/results)
          --minutes M    how long keyspaces goes on (1)
          --seconds S    how long regions cuts one off (60)
          --durability   what kills, overload, comeback and reads start their servers with (fsync)
        """;

    public string Verb { get; init; } = "compare";

    public int? Rounds { get; init; }

    public bool IsQuick { get; init; }

    public IReadOnlySet<string>? Only { get; init; }

    public int Kills { get; init; } = 5;

    public string Strategy { get; init; } = "primary";

    public bool IsVerbose { get; init; }

    public string Folder { get; init; } = Path.GetTempPath();

    public string Results { get; init; } = Path.Combine("bench", "results");

    /// <summary>The program of the other build that <c>builds</c> measures beside this one.</summary>
    public string? Beside { get; init; }

    public double Minutes { get; init; } = 1;

    public int Seconds { get; init; } = 60;

    public string Durability { get; init; } = "fsync";

    public bool Wants(string row) => Only is null || Only.Contains(row);

    /// <summary>Null when the words make no sense.</summary>
    public static CompareOptions? TryParse(string[] words)
    {
        var options = new CompareOptions();
        for (var i = 0; i < words.Length; i++)
        {
            var value = i + 1 < words.Length ? words[i + 1] : "";
            switch (words[i])
            {
                case "builds"
                    or "kills" or "power" or "keyspaces" or "growth" or "overload" or "comeback" or "reads" or "strategies"
                    or "regions" or "leaderless" or "consensus" when i == 0:
                    options = options with { Verb = words[i] };
                    continue;
                case "failover" when i == 0: options = options with { Verb = words[i], Kills = 20 }; continue;
                case "--verbose": options = options with { IsVerbose = true }; continue;
                case "--quick": options = options with { IsQuick = true }; continue;
                case "--rounds" when TryPositive(value, out var rounds): options = options with { Rounds = rounds }; break;
                case "--kills" when TryPositive(value, out var kills): options = options with { Kills = kills }; break;
                case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes)
                    && minutes is > 0 and <= 600:
                    options = options with { Minutes = minutes };
                    break;
                case "--seconds" when TryPositive(value, out var seconds): options = options with { Seconds = seconds }; break;
                case "--only" when value.Length > 0:
                    options = options with { Only = value.Split(',').ToHashSet(StringComparer.OrdinalIgnoreCase) };
                    break;
                case "--folder" when value.Length > 0: options = options with { Folder = value }; break;
                case "--results" when value.Length > 0: options = options with { Results = value }; break;
                case "--beside" when value.Length > 0: options = options with { Beside = value }; break;
                case "--strategy" when value is "raft" or "primary" or "chain":
                    options = options with { Strategy = value };
                    break;
                case "--durability" when value is "fsync" or "memory": options = options with { Durability = value }; break;
                default: return null;
            }

            i++;
        }

        return options;
    }

    private static bool TryPositive(string text, out int value) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out value) && value > 0;
}
