using System.CommandLine;
using Quorate.Configuration;
using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Replication.Policies;

namespace Quorate.Commands;

/// <summary>The options that a policy is made of: the same words as in KEYSPACE CREATE.</summary>
internal sealed class PolicyOptions
{
    private static readonly (string Word, string Description)[] Words =
    [
        ("strategy", "raft, primary, chain, multileader or leaderless."),
        ("replicas", "How many nodes hold the data (3)."),
        ("ack", "What a write waits for: async, semisync:K, majority or sync."),
        ("min-in-sync", "With ack sync: refuse writes while fewer replicas are in sync."),
        ("ship", "What travels to the backups of a primary: log or state."),
        ("reads", "linearizable, tail, craq, eventual or weak."),
        ("durability", "What a write must survive before it counts on a node: fsync, written or memory."),
        ("spread", "Every replica in another zone, region or provider."),
        ("when-short", "What to do with writes while too few replicas are up: refuse or degrade."),
        ("conflicts", "multileader, leaderless: what becomes of strings written at the same time: crdt, siblings, lww or "
            + "merge:NAME."),
        ("keep-losers", "multileader, leaderless: how long LOSSES shows overwritten concurrent values: 90s, 15m, 6h, 1d (1d)."),
        ("topology", "multileader: which leaders send updates to which: all, ring or star."),
        ("n", "leaderless: replicas that hold each key (3)."),
        ("r", "leaderless: replicas that answer a read (a majority of n)."),
        ("w", "leaderless: replicas that have a write before it is acknowledged (a majority of n)."),
        ("sloppy", "leaderless: other nodes stand in for those that cannot be reached: on or off."),
        ("delay", "primary: how many more replicas apply every write later, and how much later: 1:1h, or none."),
        ("cascade", "primary: how many more replicas a backup feeds."),
        ("consensus", "leaderless: each key is agreed on by a majority of its replicas: on or off."),
    ];

    private static readonly string[] OfSomeStrategies = [
        "conflicts", "keep-losers", "topology", "n", "r", "w", "sloppy", "consensus", "ack", "ship"];

    private readonly Option<FileInfo> _merge = new("--merge")
    {
        Description = "A file with the Lua script of the rule that "
            + "--conflicts merge:NAME names; without that, the rule is named after the file.",
    };
    private readonly List<(string Word, Option<string> Option)> _options = [];

    public PolicyOptions(Command command)
    {
        foreach (var (word, description) in Words)
        {
            var option = new Option<string>("--" + word) { Description = description };
            _options.Add((word, option));
            command.Add(option);
        }

        command.Add(_merge);
    }

    /// <summary>The words that were given, each followed by its value.</summary>
    /// <exception cref="SettingException">a word does not take its value.</exception>
    public List<string> Given(ParseResult parsed)
    {
        var words = new List<string>();
        foreach (var (word, option) in _options)
        {
            if (parsed.GetValue(option) is not { } value) continue;
            words.AddRange([word, value]);
            // means something only beside the others
            if ((word == "min-in-sync" && int.TryParse(value, out _)) || OfSomeStrategies.Contains(word)) continue;
            if (!PolicyText.TryParse([word, value], out _, out var why)) throw new SettingException(Named(word, why!));
        }

        if (parsed.GetValue(_merge) is not { } file) return words;
        if (!words.Contains("conflicts")) words.AddRange(["conflicts", "merge:" + Path.GetFileNameWithoutExtension(file.Name)]);
        try
        {
            words.AddRange(["script", File.ReadAllText(file.FullName)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"--merge: {file.FullName} cannot be read: {e.Message}");
        }

        return words;
    }

    /// <summary>A whole policy: the given words, and for the others the current policy or the strategy's defaults.</summary>
    /// <exception cref="SettingException">the words contradict each other, or this version cannot do what they ask
    /// for.</exception>
    public static Policy Read(IReadOnlyList<string> words, Policy? current = null)
    {
        if (!PolicyText.TryParse(words, current, out var policy, out var why)) throw new SettingException("--" + why);
        if (PolicyCheck.Problems(policy!) is [var problem, ..]) throw new SettingException(Named(words, problem));
        return policy!;
    }

    /// <summary>Says what the policy promises, before the program changes anything.</summary>
    public static async Task ExplainAsync(string name, Policy policy, bool isEphemeral, Terminal terminal)
    {
        await terminal.Output.WriteLineAsync($"keyspace {name}: {PolicyText.Print(policy)}");
        if (isEphemeral && policy.Durability != Durability.Memory)
        {
            await terminal.Output.WriteLineAsync("These nodes write no files, so data ends with their processes: the promise "
                + "is that of durability memory.");
            policy = policy with { Durability = Durability.Memory };
        }

        foreach (var sentence in Guarantee.Of(policy).ToSentences()) await terminal.Output.WriteLineAsync("  " + sentence);
    }

    private static string Named(string word, string why) =>
        why.StartsWith(word + " ", StringComparison.Ordinal) ? "--" + why : $"--{word}: {why}";

    /// <summary>The complaint with its option in front: of the given options the first that the complaint names.</summary>
    private static string Named(IReadOnlyList<string> words, string problem)
    {
        foreach (var said in problem.Split([' ', ':', ',', ';']))
            for (var i = 0; i < words.Count; i += 2)
                if (said == words[i]) return Named(said, problem);
        return $"--{words[0]} {words[1]}: {problem}";
    }
}
