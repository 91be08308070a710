using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>Takes the messages of the accepted epoch, and gives each to the part that it is for. A replica that speaks in an
/// older epoch is told of this one.</summary>
internal sealed class Inbox(
    Step step, AcceptedEpoch accepted, PrimaryJournal journal, Role role, Backup backup, Answers answers,
    PrimarySnapshots snapshots, Leaving leaving)
{
    public void Handle(NodeId from, Message message)
    {
        if (message is not PrimaryMessage said
            || accepted.Configuration is null && said is not (Append or InstallSnapshot or Changes))
            return;
        if (accepted.Rules.IsStale(said.Epoch, accepted.Epoch))
        {
            // The sender has not heard of the newer epoch yet.
            step.Out.Send(
                from, new Announce { Epoch = accepted.Epoch, Configuration = accepted.Configuration! },
                journal.ConfigurationPoint);
            if (said is AppendResponse) role.Serving?.Feeder.OnAnnounced(from);
            return;
        }

        if (said.Epoch > accepted.Epoch)
        {
            // It is this replica that has not: the sender answers an answer of an older epoch with the configuration.
            if (said is Append or InstallSnapshot or Changes) answers.AskForEpoch(from);
            return;
        }

        Handle(from, said);
    }

    private void Handle(NodeId from, PrimaryMessage message)
    {
        // What is said in an older epoch gets here past a broken rule only, and then from a primary of that time.
        var isFeeder = role.Serving is null && (message.Epoch != accepted.Configuration!.Epoch || IsFeeder(from));
        switch (message)
        {
            case Append append when isFeeder:
                backup.HandleAppend(from, append);
                break;
            case InstallSnapshot snapshot when isFeeder:
                snapshots.Handle(from, snapshot);
                break;
            case Changes changes when isFeeder:
                backup.HandleChanges(from, changes);
                break;
            case AppendResponse response:
                if (role.Serving is { } serving) serving.HandleAppendResponse(from, response);
                else role.Cascade?.HandleAppendResponse(from, response);
                break;
            case InstallSnapshotResponse response:
                role.Feeder?.HandleInstallSnapshotResponse(from, response);
                break;
            case ReadIndex read:
                role.Serving?.HandleReadIndex(from, read);
                break;
            case ReadIndexResponse response:
                backup.HandleReadIndexResponse(response);
                break;
            case HistoryQuery:
                leaving.HandleQuery(from);
                break;
            case HistoryReply reply:
                leaving.HandleReply(from, reply);
                break;
        }
    }

    private bool IsFeeder(NodeId from) =>
        from != accepted.Self && (from == accepted.Leader || from == accepted.Configuration!.SourceOf(accepted.Self));
}
