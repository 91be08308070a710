using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Changes the log together with what follows from it: the configurations that are entries of it [Raft §4.1], the
/// journal, and the requests that wait for entries.</summary>
internal sealed class LogChanges(
    Step step, RaftRules rules, FrameLog<Term> log, RaftJournal journal, ConfigurationHistory configurations,
    LogBounds bounds, Quarantine quarantine, Commits commits, Roles roles)
{
    public void TruncateFrom(LogIndex from, bool conflicts)
    {
        Invariant.Require(!conflicts || from > bounds.CommitIndex, "a committed entry never changes [Raft §5.4.3]");
        commits.Waiting.KeepFrom(from, log);
        if (rules.RevertsConfigurationOnTruncation) configurations.TruncateFrom(from);
        log.TruncateFrom(from);
        journal.TruncateFrom(from, step.Out);
    }

    /// <summary>The configurations among the entries from <paramref name="first"/> on take effect. [Raft §4.1]</summary>
    public void LearnConfigurations(LogIndex first)
    {
        for (var index = first; index <= log.LastIndex; index = index.Next)
        {
            var entry = log[index];
            if (entry.Kind != EntryKind.Configuration) continue;
            Invariant.Require(
                Configuration.TryDecode(entry.Payload, out var configuration), "a leader writes whole configurations");
            if (index > configurations.LatestIndex) configurations.Add(index, configuration!);
        }
    }

    /// <summary>The state is that of the snapshot that was read back.</summary>
    public void RestoreAt(LogIndex index, Term term, Configuration configuration)
    {
        log.Reset(index, term);
        bounds.CommitIndex = index;
        commits.Applier.JumpTo(index);
        configurations.Restore(index, configuration, keepLater: false);
    }

    /// <summary>[Raft fig. 13, 6-8] The state was replaced by a snapshot; the log goes on after it if it agrees with
    /// it.</summary>
    public void JumpTo(LogIndex index, Term term, Configuration configuration)
    {
        var agrees = log.HasStampAt(index) && log.StampAt(index) == term;
        if (!agrees) commits.Waiting.KeepFrom(index.Next, log);
        commits.Waiting.JumpTo(index, term, step.Out, roles.Current.LeaderId);
        if (agrees) log.DropThrough(index);
        else log.Reset(index, term);
        journal.JumpTo(index, term, agrees, step.Out);
        configurations.Restore(index, configuration, agrees);
        bounds.CommitIndex = LogIndex.Max(bounds.CommitIndex, index);
        quarantine.End();
        commits.Applier.JumpTo(index);
        commits.ApplyCommitted();
        roles.Current.OnDecided();
    }
}
