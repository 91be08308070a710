using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Which messages are listened to: those of the accepted epoch. Whoever speaks in an older one is told of it.</summary>
internal sealed class Inbox(PrimaryReplica replica)
{
    public void Handle(NodeId from, Message message)
    {
        if (message is Announce announce)
        {
            replica.Accept(announce.Configuration);
            return;
        }

        if (message is not PrimaryMessage said
            || replica.Configuration is null && said is not (Append or InstallSnapshot or Changes))
            return;
        var accepted = replica.Configuration?.Epoch ?? default;
        if (replica.Rules.IsStale(said.Epoch, accepted))
        {
            // The sender has not heard of the newer epoch yet.
            replica.Out.Send(
                from, new Announce { Epoch = accepted, Configuration = replica.Configuration! },
                replica.Journal.ConfigurationPoint);
            if (said is AppendResponse) replica.Serving?.Feeder.OnAnnounced(from);
            return;
        }

        if (said.Epoch > accepted)
        {
            // It is this replica that has not: the sender answers an answer of an older epoch with the configuration.
            if (said is Append or InstallSnapshot or Changes)
                replica.Out.Send(
                    from, new AppendResponse { Epoch = accepted, Incarnation = replica.Incarnation },
                    replica.Journal.ConfigurationPoint);
            return;
        }

        Handle(from, said);
    }

    private void Handle(NodeId from, PrimaryMessage message)
    {
        // What is said in an older epoch gets here past a broken rule only, and then from a primary of that time.
        var isFeeder = replica.Serving is null && (message.Epoch != replica.Configuration!.Epoch || IsFeeder(from));
        switch (message)
        {
            case Append append when isFeeder:
                replica.Backup.HandleAppend(from, append);
                break;
            case InstallSnapshot snapshot when isFeeder:
                replica.Snapshots.Handle(from, snapshot);
                break;
            case Changes changes when isFeeder:
                replica.Backup.HandleChanges(from, changes);
                break;
            case AppendResponse response:
                if (replica.Serving is { } serving) serving.HandleAppendResponse(from, response);
                else replica.Cascade?.HandleAppendResponse(from, response);
                break;
            case InstallSnapshotResponse response:
                (replica.Serving?.Feeder ?? replica.Cascade)?.HandleInstallSnapshotResponse(from, response);
                break;
            case ReadIndex read:
                replica.Serving?.HandleReadIndex(from, read);
                break;
            case ReadIndexResponse response:
                if (replica.Backup.Reads.TryAnswer(response.Context, response.Index)) replica.Backup.ReleaseReads();
                break;
            case HistoryQuery:
                replica.Leaving.HandleQuery(from);
                break;
            case HistoryReply reply:
                replica.Leaving.HandleReply(from, reply);
                break;
        }
    }

    private bool IsFeeder(NodeId from) =>
        from != replica.Self && (from == replica.Leader || from == replica.Configuration!.SourceOf(replica.Self));
}
