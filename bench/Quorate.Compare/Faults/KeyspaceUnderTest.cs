using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;

namespace Quorate.Compare.Faults;

/// <summary>One keyspace: its policy, its clients' history, and at the end what it holds.</summary>
/// <param name="MayLose">True when a fail-over may cut off what was acknowledged, provided that KEYSPACE LOST tells it.</param>
internal sealed record KeyspaceUnderTest(string Name, string Policy, bool MayLose = false)
{
    /// <summary>A client's own: only it writes them.</summary>
    public const string CounterPrefix = "counter:", MarkPrefix = "mark:";

    private const int Batch = 500;

    private static readonly Regex Line = new(
        @"^e\d+ i\d+ at \d+: (?<command>SET|INCR) (?<key>\S+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    public Recorder Recorder { get; } = new();

    /// <summary>Answers that no client should get, with how often.</summary>
    public Dictionary<string, int> Strange { get; } = [];

    public bool IsChain => Policy.Contains("chain", StringComparison.Ordinal);

    private readonly SortedDictionary<FaultKind, double> _gaps = [];

    public void NoteGap(FaultKind kind, double seconds) => _gaps[kind] = Math.Max(_gaps.GetValueOrDefault(kind), seconds);

    /// <summary>The sentence of the guarantee.</summary>
    public string WindowOfLoss(ServerCluster cluster) =>
        Place.Shown(cluster, Name)?.Split('\n').FirstOrDefault(l => l.StartsWith("Window of loss", StringComparison.Ordinal))
            ?? "it does not say what may be lost";

    /// <summary>Creates it, and waits until every node knows it.</summary>
    public void Create(ServerCluster cluster)
    {
        string[] words = ["KEYSPACE", "CREATE", Name, .. Policy.Split(' ')];
        for (var attempt = 0; ; attempt++)
        {
            var reply = RespClient.TryCall(cluster.Ports[0], words);
            if (reply is { IsError: false } || reply?.Text == $"ERR there is a keyspace '{Name}' already") break;
            if (attempt == 100) throw new InvalidOperationException($"{Name} cannot be created: {reply?.Text ?? "no answer"}");
            Thread.Sleep(100);
        }

        foreach (var port in cluster.Ports) Open(port).Dispose();
    }

    /// <summary>Reads everything back and prints the findings; true when nothing that was promised is broken.</summary>
    public bool Passes(ServerCluster cluster, IReadOnlyList<KeyspaceFault> faults)
    {
        var operations = Recorder.Operations;
        var lost = MayLose ? LostOnAllNodes(cluster) : [];
        var missing = new List<string>();
        foreach (var port in cluster.Ports)
        {
            using var client = Open(port);
            missing.AddRange(MissingMarks(client, operations));
        }

        missing = [.. missing.Distinct()];
        var unexplained = missing.Where(m => !lost.ContainsKey(m)).ToList();
        var wrong = WrongCounters(cluster, operations, lost);
        var acknowledged = operations.Count(o => o.Outcome == OperationOutcome.Ok && !o.IsRead);
        var stale = operations.Count(o => o.IsRead && o.Outcome == OperationOutcome.Ok && o.Result != o.Argument);
        var staleIsWrong = !MayLose && stale > 0;

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Name,-9} writes: {acknowledged} acknowledged, {Writes(OperationOutcome.Failed)} refused, "
                + $"{Writes(OperationOutcome.Unknown)} uncertain; lost {missing.Count}, commands in lost-and-found "
                + $"{lost.Values.Sum()}, lost and not found {unexplained.Count}{Some(unexplained)}; wrong counters "
                + $"{wrong.Count}{Some(wrong)}; reads {operations.Count(o => o.IsRead && o.Outcome == OperationOutcome.Ok)}, "
                + $"without an acknowledged write {stale}"));
        Console.WriteLine(
            $"          longest gap: "
                + $"{string.Join(", ", _gaps.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} {g.Value:0.00} s")))}");
        if (missing.Count > 0) Console.WriteLine($"          {Window(missing, faults)}");
        foreach (var (text, count) in Strange) Console.WriteLine($"          {count} times: {text}");
        if (acknowledged == 0) Console.WriteLine("          nothing was acknowledged: this run tested nothing");
        return acknowledged > 0 && unexplained.Count == 0 && wrong.Count == 0 && !staleIsWrong && Strange.Count == 0;

        int Writes(OperationOutcome outcome) => operations.Count(o => !o.IsRead && o.Outcome == outcome);
    }

    /// <summary>A connection to a node, with this keyspace selected; waits until the node knows it.</summary>
    public RespClient Open(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            var client = RespClient.Connect(port, 30_000);
            if (client.Call("SELECT", Name) is not { IsError: true } refusal) return client;
            client.Dispose();
            if (attempt == 200) throw new InvalidOperationException($"{Name} cannot be selected on port {port}: {refusal.Text}");
            Thread.Sleep(50);
        }
    }

    private static List<string> MissingMarks(RespClient client, IReadOnlyList<Operation> operations)
    {
        var missing = new List<string>();
        var marks = operations.Where(o => !o.IsRead
            && o.Outcome == OperationOutcome.Ok && o.Key.StartsWith(MarkPrefix, StringComparison.Ordinal));
        foreach (var batch in marks.Chunk(Batch))
        {
            foreach (var mark in batch) client.Queue("GET", mark.Key);
            client.Flush();
            foreach (var mark in batch)
                if (Required(client.Read()).Text != mark.Argument) missing.Add(mark.Key);
        }

        return missing;
    }

    private List<string> WrongCounters(ServerCluster cluster, IReadOnlyList<Operation> operations, Dictionary<string, int> lost)
    {
        var wrong = new List<string>();
        foreach (var port in cluster.Ports)
        {
            using var client = Open(port);
            foreach (var counter in operations.Where(o => o.Kind == OperationKind.Increment).GroupBy(o => o.Key))
            {
                var reply = Required(client.Call("GET", counter.Key));
                var final = reply.IsNull ? 0 : long.Parse(reply.Text, CultureInfo.InvariantCulture);
                // What was cut off was counted once; that the rest is not counted twice is asked of the value as it is.
                var whole = (final + lost.GetValueOrDefault(counter.Key)).ToString(CultureInfo.InvariantCulture);
                if (EffectChecker.CheckCounter(counter.Key, counter, whole) is { } why
                    && !(lost.ContainsKey(counter.Key) && why.EndsWith("twice", StringComparison.Ordinal)))
                    wrong.Add(why);
                else if (EffectChecker.CheckCounter(counter.Key, counter, reply.IsNull ? null : reply.Text) is { } twice
                    && twice.EndsWith("twice", StringComparison.Ordinal))
                    wrong.Add(twice);
            }
        }

        return [.. wrong.Distinct()];
    }

    /// <summary>Keys of the commands that fail-overs cut off, with how often.</summary>
    private Dictionary<string, int> LostOnAllNodes(ServerCluster cluster)
    {
        var entries = new HashSet<string>();
        foreach (var port in cluster.Ports)
        {
            using var client = RespClient.Connect(port, 30_000);
            foreach (var item in Required(client.Call("KEYSPACE", "LOST", Name)).Items!) entries.Add(item.Text);
        }

        var lost = new Dictionary<string, int>();
        foreach (var entry in entries)
            if (Line.Match(entry) is { Success: true } match)
                lost[match.Groups["key"].Value] = lost.GetValueOrDefault(match.Groups["key"].Value) + 1;
        return lost;
    }

    private static RespReply Required(RespReply reply) =>
        reply.IsError ? throw new InvalidOperationException($"the examination could not read: {reply.Text}") : reply;

    /// <summary>When what is missing was acknowledged, beside the nearest fault.</summary>
    private string Window(List<string> missing, IReadOnlyList<KeyspaceFault> faults)
    {
        var keys = missing.ToHashSet();
        var offsets = Recorder.Acknowledged.Where(a => keys.Contains(a.Operation.Key) && faults.Count > 0)
            .Select(a => faults.Select(f => (a.At - f.Began) / (double)Stopwatch.Frequency).MinBy(Math.Abs))
                .DefaultIfEmpty().ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the lost writes were acknowledged from {Math.Max(0, -offsets.Min()):0.00} s before to "
                + $"{Math.Max(0, offsets.Max()):0.00} s after a fault struck");
    }

    private static string Some(List<string> items) => items.Count == 0 ? "" : $" ({string.Join(", ", items.Take(5))})";
}
