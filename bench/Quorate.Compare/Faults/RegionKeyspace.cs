using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>
/// One keyspace of leaders in regions, and what its clients write: a cart (SADD, SREM), a counter (INCR), a profile (HSET), a
/// note to which each region adds its lines after reading it, and a title that each region sets while one is cut off.
/// </summary>
/// <param name="Conflicts">As <c>KEYSPACE CREATE</c> takes it.</param>
/// <param name="Script">The merge rule, where <paramref name="Conflicts"/> names one.</param>
internal sealed record RegionKeyspace(string Name, string Conflicts, string? Script = null)
{
    private const string Cart = "cart", Visits = "visits", Profile = "profile", Note = "note";

    public const string Title = "title";

    public Recorder Recorder { get; } = new();

    private bool KeepsLines => Conflicts != "crdt";

    /// <summary>What one client does next.</summary>
    public void Step(NodeClient client)
    {
        var item = string.Create(CultureInfo.InvariantCulture, $"i{client.Id}-{client.Steps}");
        switch (client.Dice.Next(10))
        {
            case < 4:
                // Every fourth is taken out again by whoever put it in, and by nobody else.
                if (client.Ask(OperationKind.Set, Cart, item, "SADD", Cart, item) is not null && client.Dice.Next(4) == 0)
                    client.Ask(OperationKind.Delete, Cart, item, "SREM", Cart, item);
                break;
            case < 7:
                client.Ask(OperationKind.Increment, Visits, null, "INCR", Visits);
                break;
            case < 9:
                var field = string.Create(CultureInfo.InvariantCulture, $"f{client.Id}");
                client.Ask(
                    OperationKind.GetSet, Profile, $"{field} {client.Steps:000000}", "HSET", Profile, field,
                    client.Steps.ToString("000000", CultureInfo.InvariantCulture));
                break;
            case 9 when client.Steps % 5 == 0:
                AddLine(client, item);
                break;
        }
    }

    /// <summary>Without a context where what is there is replaced whole; with it, so that nobody's line is lost,
    /// elsewhere.</summary>
    private void AddLine(NodeClient client, string line)
    {
        if (!KeepsLines)
        {
            client.Ask(OperationKind.Append, Note, null, "SET", Note, line);
            return;
        }

        if (client.Ask(OperationKind.Get, Note, null, "SIBLINGS", Note) is not { Items: [var context, _] shown }) return;
        var lines = LinesOf(shown).Append(line).Distinct();
        client.Ask(OperationKind.Append, Note, line, "SET", Note, string.Join('\n', lines), "CONTEXT", context.Text);
    }

    /// <summary>Prints the findings; true when nothing that was promised is broken. All nodes must have said the same.</summary>
    public bool Passes(RespReply[] atOneNode, string conflictsAfterCut)
    {
        var operations = Recorder.Operations;
        var (cart, visits, profile, note) = (atOneNode[0], atOneNode[1], atOneNode[2], atOneNode[3]);
        var held = cart.Items!.Select(i => i.Text).ToHashSet();
        var removals = operations.Where(o => o.Kind == OperationKind.Delete).ToDictionary(o => o.Argument!);
        var added = operations.Where(o => o is { Kind: OperationKind.Set, Key: Cart }).ToList();
        var missing = added.Count(o => o.Outcome == OperationOutcome.Ok
            && !removals.ContainsKey(o.Argument!) && !held.Contains(o.Argument!));
        var back = removals.Values.Count(o => o.Outcome == OperationOutcome.Ok && held.Contains(o.Argument!));
        var (counted, uncertain) = (
            Count(OperationKind.Increment, OperationOutcome.Ok), Count(OperationKind.Increment, OperationOutcome.Unknown));
        var sum = visits.IsNull ? 0 : long.Parse(visits.Text, CultureInfo.InvariantCulture);
        var isSum = sum >= counted && sum <= counted + uncertain;
        var fields = profile.Items!.Chunk(2).ToDictionary(p => p[0].Text, p => p[1].Text);
        var old = operations.Where(o => o is { Kind: OperationKind.GetSet, Outcome: OperationOutcome.Ok })
            .Select(o => o.Argument!.Split(' '))
            .GroupBy(w => w[0]).Count(f => string.CompareOrdinal(fields.GetValueOrDefault(f.Key), f.Max(w => w[1])) < 0);
        var lines = LinesOf(note.Items!).ToHashSet();
        var lostLines = KeepsLines
            ? operations.Count(o => o is { Kind: OperationKind.Append, Outcome: OperationOutcome.Ok }
                && !lines.Contains(o.Argument!))
            : 0;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Name,-6} {Conflicts}: {Recorder.AcknowledgedWrites} writes acknowledged, "
                + $"{Recorder.Count(OperationOutcome.Failed)} refused, {Recorder.Count(OperationOutcome.Unknown)} uncertain"));
        Console.WriteLine(
            $"       cart: {added.Count} items added, {removals.Count} removed, {missing} missing, {back} back again");
        Console.WriteLine(
            $"       visits: {sum}; {counted} acknowledged, {uncertain} uncertain; profile: {fields.Count} fields, {old} "
                + $"older than acknowledged");
        if (KeepsLines) Console.WriteLine($"       note: {lines.Count} lines, {lostLines} lost");
        Console.WriteLine($"       conflicts after healing: {conflictsAfterCut}");
        return counted > 0 && missing == 0 && back == 0 && isSum && old == 0 && lostLines == 0;

        int Count(OperationKind kind, OperationOutcome outcome) => operations.Count(o => o.Kind == kind && o.Outcome == outcome);
    }

    /// <summary>Of all values that SIBLINGS shows: the context, then pairs of type and value.</summary>
    private static IEnumerable<string> LinesOf(RespReply[] siblings) =>
        siblings[1].Items!.SelectMany(s => s.Items![1].Text.Split('\n')).Where(l => l.Length > 0);

    /// <summary>What a node holds under every key.</summary>
    public static RespReply[] Read(RespClient client) =>
        [.. new[] { client.Call("SMEMBERS", Cart), client.Call("GET", Visits), client.Call("HGETALL", Profile), client.Call("SIBLINGS", Note), client.Call("GET", Note), client.Call("SIBLINGS", Title), client.Call(
            "GET", Title) }
            .Select(r => r.IsError ? throw new InvalidOperationException($"a node could not be read: {r.Text}") : r)];
}
