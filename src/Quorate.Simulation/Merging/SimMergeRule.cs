using System.Buffers;
using System.Text;
using Quorate.Data.Merging;
using Quorate.Replication.Crdt;

namespace Quorate.Simulation.Merging;

/// <summary>An application's rule as a script would be: all values, in order, one after another; it fails where they end
/// alike.</summary>
internal sealed class SimMergeRule : IMergeRule
{
    public const string Name = "all";
    public const string Script = "all";
    public const char Separator = '|';

    public bool TryMerge(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value)
    {
        var values = new List<string>();
        foreach (ref readonly var sibling in siblings) values.Add(Encoding.UTF8.GetString(sibling.Value));
        if (values.Count > 2 && values[0][^1] == values[1][^1]) return false;
        value.Write(Encoding.UTF8.GetBytes(string.Join(Separator, values.Order(StringComparer.Ordinal))));
        return true;
    }
}
