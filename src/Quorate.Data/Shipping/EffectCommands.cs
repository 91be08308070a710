using System.Globalization;
using System.Text;
using Quorate.Data.Values;

namespace Quorate.Data.Shipping;

/// <summary>
/// An effect as commands that lead to the same state of its keys, for people and for giving it to a keyspace again: a SET or
/// DEL for each string, FLUSHDB for a database that became empty. What databases became by exchange, and the replies of
/// sessions, are not in it.
/// </summary>
public static class EffectCommands
{
    /// <summary>False: the bytes are no effect.</summary>
    /// <param name="effect">Anybody's bytes.</param>
    /// <param name="clockMilliseconds">The clock of the log when the effect was made.</param>
    /// <param name="commands">Their words, in an order in which they may be executed; empty when no key was changed.</param>
    public static bool TryRead(ReadOnlySpan<byte> effect, out long clockMilliseconds,
        out IReadOnlyList<IReadOnlyList<byte[]>> commands)
    {
        var all = new List<IReadOnlyList<byte[]>>();
        commands = all;
        var reader = new EffectReader(effect, DataTypes.Shipped);
        var begins = reader.TryBegin();
        clockMilliseconds = reader.Clock;
        if (!begins) return false;
        while (reader.TryRead())
        {
            switch (reader.Record)
            {
                case EffectRecord.Databases when reader.Databases.Contains(Arrangement.Nothing):
                    all.Add(["FLUSHDB"u8.ToArray()]);
                    break;
                case EffectRecord.NoKey:
                    all.Add(["DEL"u8.ToArray(), reader.Key.ToArray()]);
                    break;
                case EffectRecord.Key or EffectRecord.Delta:
                    AddKey(reader, all);
                    break;
            }
        }

        return reader.IsWhole;
    }

    private static void AddKey(in EffectReader reader, List<IReadOnlyList<byte[]>> all)
    {
        var isDelta = reader.Record == EffectRecord.Delta;
        var key = reader.Key.ToArray();
        var before = all.Count;
        // Commands of other types add to what is there, so that goes first.
        if (!isDelta && reader.Form.Kind != ValueKind.String) all.Add(["DEL"u8.ToArray(), key]);
        DataTypes.Shipped.Of(reader.Form.Kind).AddCommands(key, reader.Form.Variant, reader.Value, isDelta, all);
        if (all.Count == before) return;
        var when = Encoding.ASCII.GetBytes(reader.Expiry.ToString(CultureInfo.InvariantCulture));
        if (reader.Expiry < 0 && isDelta) all.Add(["PERSIST"u8.ToArray(), key]);
        else if (reader.Expiry >= 0 && reader.Form.Kind != ValueKind.String) all.Add(["PEXPIREAT"u8.ToArray(), key, when]);
        else if (reader.Expiry >= 0) all[^1] = [.. all[^1], "PXAT"u8.ToArray(), when];
    }
}
