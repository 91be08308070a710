using System.Globalization;
using Quorate.Replication;
using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Workloads;

/// <summary>
/// What the clients ask for: few keys, so that they meet; unique values, so that a read tells which write it saw. Registers
/// are written every way there is, counters are incremented, and to a ledger unique tokens are appended.
/// </summary>
internal sealed class Workload(Prng prng, int registers, int counters, int ledgers, int readPerMille)
{
    private long _unique;

    public IEnumerable<string> Registers => Enumerable.Range(0, registers).Select(i => $"register:{i}");

    public IEnumerable<string> Counters => Enumerable.Range(0, counters).Select(i => $"counter:{i}");

    public IEnumerable<string> Ledgers => Enumerable.Range(0, ledgers).Select(i => $"ledger:{i}");

    public IEnumerable<string> Keys => Registers.Concat(Counters).Concat(Ledgers);

    public Wish Next(int client)
    {
        var key = prng.Below(registers + counters + ledgers);
        var kind = OperationKind.Get;
        string name;
        if (key < registers)
        {
            name = $"register:{key}";
            if (!prng.Chance(readPerMille)) kind = RegisterWrite();
        }
        else if (key < registers + counters)
        {
            name = $"counter:{key - registers}";
            if (!prng.Chance(readPerMille)) kind = OperationKind.Increment;
        }
        else
        {
            name = $"ledger:{key - registers - counters}";
            if (!prng.Chance(readPerMille)) kind = OperationKind.Append;
        }

        return new Wish(kind, name, kind switch
        {
            OperationKind.Set or OperationKind.SetIfAbsent or OperationKind.SetIfPresent or OperationKind.GetSet =>
                Unique("v", client) + Padding(),
            OperationKind.Append => Unique("", client) + ";",
            _ => null,
        });
    }

    /// <summary>Also those conditional writes that came later than the others.</summary>
    public bool HasMoreConditions { get; init; }

    private OperationKind RegisterWrite() => prng.Below(HasMoreConditions ? 14 : 10) switch
    {
        >= 12 => OperationKind.GetDelete,
        >= 10 => OperationKind.SetIfPresent,
        < 4 => OperationKind.Set,
        < 6 => OperationKind.GetSet,
        < 8 => OperationKind.SetIfAbsent,
        _ => OperationKind.Delete,
    };

    /// <summary>Some values are longer than a sector, or than a page, of a disk.</summary>
    private string Padding() => prng.Chance(80) ? new string('.', 200 + prng.Below(5000)) : "";

    private string Unique(string prefix, int client) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{client}.{++_unique}");
}
