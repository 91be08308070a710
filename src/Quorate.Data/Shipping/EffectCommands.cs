using System.Globalization;
using System.Text;

namespace Quorate.Data.Shipping;

/// <summary>
/// An effect as commands that lead to the same state of its keys, for people and for giving it to a keyspace again: a SET or DEL for
/// each key, FLUSHDB for a database that became empty. What databases became by exchange, and the replies of sessions, are not in it.
/// </summary>
public static class EffectCommands
{
    /// <summary>False: the bytes are no effect.</summary>
    /// <param name="effect">Anybody's bytes.</param>
    /// <param name="clockMilliseconds">The clock of the log when the effect was made.</param>
    /// <param name="commands">Their words, in an order in which they may be executed; empty when no key was changed.</param>
    public static bool TryRead(ReadOnlySpan<byte> effect, out long clockMilliseconds, out IReadOnlyList<IReadOnlyList<byte[]>> commands)
    {
        var all = new List<IReadOnlyList<byte[]>>();
        commands = all;
        var reader = new EffectReader(effect);
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
                case EffectRecord.Key when reader.Expiry >= 0:
                    all.Add(["SET"u8.ToArray(), reader.Key.ToArray(), reader.Value.ToArray(), "PXAT"u8.ToArray(), Encoding.ASCII.GetBytes(reader.Expiry.ToString(CultureInfo.InvariantCulture))]);
                    break;
                case EffectRecord.Key:
                    all.Add(["SET"u8.ToArray(), reader.Key.ToArray(), reader.Value.ToArray()]);
                    break;
            }
        }

        return reader.IsWhole;
    }
}
