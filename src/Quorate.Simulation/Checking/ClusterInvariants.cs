using Quorate.Cluster;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Checking;

/// <summary>
/// What must hold between nodes, looked at after every step of any of them, by an observer who sees all of them at once
/// and forgets nothing: the safety properties of [Raft fig. 3].
/// </summary>
/// <param name="find">The replica of a node that is looked at; null: that of the default group.</param>
internal sealed class ClusterInvariants(Func<Node, RaftReplica?>? find = null)
{
    /// <summary>Of a batch of entries that arrives at once, this many are compared by log matching.</summary>
    private const int EntriesPerStep = 4;

    private readonly Dictionary<long, NodeId> _leaders = [];
    private readonly List<Committed> _committed = [default]; // index 0 is before the first entry
    private readonly Dictionary<(long Index, long Term), ulong> _entries = [];
    private readonly Dictionary<NodeId, Seen> _seen = [];
    private Term? _pinnedTerm;

    /// <summary>Called when a node becomes leader.</summary>
    public Action<NodeId>? Elected { get; set; }

    public long Checks { get; private set; }

    public long Elections => _leaders.Count;

    public long EntriesCompared { get; private set; }

    /// <summary>A committed entry; all zero when no node held it any more when it was seen to be committed.</summary>
    private readonly record struct Committed(Term Term, ulong Content, Term SeenInTerm);

    private sealed class Seen
    {
        public RaftReplica? Replica;
        public LogIndex CommitIndex;
        public LogIndex LastIndex;
        public Term LastTerm;
        public bool WasLeader;
    }

    /// <summary>From now on nothing happens that could need another leader: no node may begin a later term. [Raft §9.6]</summary>
    public void PinTerm(Term term) => _pinnedTerm = term;

    public void Check(SimNode node)
    {
        if (node.Node is not { } running) return;
        Checks++;
        if ((find is null ? running.Raft : find(running)) is not { } raft) return;
        if (!_seen.TryGetValue(node.Id, out var seen)) _seen.Add(node.Id, seen = new Seen());
        if (seen.Replica != raft) (seen.Replica, seen.CommitIndex, seen.WasLeader) = (raft, default, false);

        if (_pinnedTerm is { } pinned && raft.CurrentTerm > pinned)
            throw new LeaderStabilityFailure($"a working leader of {pinned} is deposed: {node.Id} begins {raft.CurrentTerm}");
        if (raft.LastApplied > raft.CommitIndex)
            throw new StateMachineSafetyFailure($"{node.Id} applied {raft.LastApplied}, committed is {raft.CommitIndex}");
        CheckLogMatching(node.Id, raft, seen);
        CheckCommitted(node.Id, raft, seen);
        CheckLeader(node.Id, raft, seen);
    }

    /// <summary>Election safety: at most one leader in a term. Leader completeness: it has what was committed in terms
    /// before.</summary>
    private void CheckLeader(NodeId id, RaftReplica raft, Seen seen)
    {
        var leads = raft.IsLeader;
        if (leads && !seen.WasLeader)
        {
            if (!_leaders.TryAdd(raft.CurrentTerm.Value, id) && _leaders[raft.CurrentTerm.Value] != id)
                throw new ElectionSafetyFailure(
                    $"two leaders in {raft.CurrentTerm}: {_leaders[raft.CurrentTerm.Value]} and {id}");
            for (var i = _committed.Count - 1; i > 0 && raft.Log.HasStampAt(new LogIndex(i)) | i > raft.Log.LastIndex.Value; i--)
            {
                var entry = _committed[i];
                if (entry.SeenInTerm >= raft.CurrentTerm || entry.SeenInTerm.Value == 0) continue;
                if (i > raft.Log.LastIndex.Value || raft.Log.StampAt(new LogIndex(i)) != entry.Term)
                    throw new LeaderCompletenessFailure(
                        $"{id} leads {raft.CurrentTerm} and lacks entry {i} of {entry.Term}, committed by {entry.SeenInTerm}");
            }

            Elected?.Invoke(id);
        }

        seen.WasLeader = leads;
    }

    /// <summary>Log matching: entries of equal index and term are equal.</summary>
    private void CheckLogMatching(NodeId id, RaftReplica raft, Seen seen)
    {
        var log = raft.Log;
        if (log.LastIndex == seen.LastIndex && log.LastStamp == seen.LastTerm) return;
        var from = Math.Max(log.LastIndex.Value - EntriesPerStep + 1, log.FirstIndex.Value);
        for (var i = from; i <= log.LastIndex.Value; i++)
        {
            var (term, content) = EntryAt(log, new LogIndex(i));
            if (!_entries.TryAdd((i, term.Value), content) && _entries[(i, term.Value)] != content)
                throw new LogMatchingFailure($"{id} holds another entry {i} of {term} than a node before it");
        }

        (seen.LastIndex, seen.LastTerm) = (log.LastIndex, log.LastStamp);
    }

    /// <summary>State-machine safety: what is committed at an index is the same on every node, for ever.</summary>
    private void CheckCommitted(NodeId id, RaftReplica raft, Seen seen)
    {
        var log = raft.Log;
        for (var i = seen.CommitIndex.Next; i <= raft.CommitIndex; i = i.Next)
        {
            while (_committed.Count <= i.Value) _committed.Add(default);
            if (i < log.FirstIndex || i > log.LastIndex) continue;
            var (term, content) = EntryAt(log, i);
            var known = _committed[(int)i.Value];
            EntriesCompared++;
            if (known.SeenInTerm.Value == 0) _committed[(int)i.Value] = new Committed(term, content, raft.CurrentTerm);
            else if (known.Term != term || known.Content != content)
                throw new StateMachineSafetyFailure(
                    $"{id} committed at {i} an entry of {term}, another node one of {known.Term}");
        }

        seen.CommitIndex = raft.CommitIndex;
    }

    private static (Term Term, ulong Content) EntryAt(FrameLog<Term> log, LogIndex index)
    {
        var entry = log[index];
        return (entry.Stamp, Hash.Of(entry.Payload) ^ (ulong)entry.Kind);
    }
}
