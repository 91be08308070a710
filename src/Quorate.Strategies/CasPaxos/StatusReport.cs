using System.Text;

namespace Quorate.Strategies.CasPaxos;

/// <summary>The state of a replica as one line of text.</summary>
internal static class StatusReport
{
    private const int Most = 8;

    public static void Describe(CasPaxosReplica replica, StringBuilder text)
    {
        text.Append(replica.Self).Append(' ').Append(replica.Accepted.Epoch);
        text.Append(replica.IsVoting ? " votes" : replica.Accepted.HasState ? " does not vote" : " needs state");
        var store = replica.Acceptor.Store;
        if (!store.Floor.IsNone) text.Append(" floor ").Append(store.Floor);
        var shown = 0;
        for (var i = 0; i < store.SlotCount && shown < Most; i++)
        {
            if (store.SlotAt(i) is not { } register) continue;
            shown++;
            text.Append(" {")
                .Append(Encoding.UTF8.GetString(register.Key)).Append(" promised ").Append(register.Promise).Append(" accepted ")
                .Append(register.Accepted);
            if (Versioned.IsTombstone(register.Value)) text.Append(" tombstone");
            text.Append('}');
        }

        if (store.Count > shown) text.Append(" and ").Append(store.Count - shown).Append(" registers");
        var active = replica.Proposer.Active;
        for (var i = 0; i < active.Count && i < Most; i++)
        {
            text.Append(" [");
            active[i].Describe(text);
            text.Append(']');
        }

        if (active.Count > Most) text.Append(" and ").Append(active.Count - Most).Append(" rounds");
    }
}
