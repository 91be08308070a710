using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Primary-backup: one replica, named by the control plane for an epoch, orders the writes and ships them to the others.
/// <para><b>Promise.</b> Under its lease the primary is the only one that acknowledges and reads, so reads at it, and reads
/// at backups that ask it, are linearizable. What an acknowledged write survives is what was asked of it: <c>async</c> not
/// even the primary; <c>semisync k</c> the crash of any k replicas; <c>majority</c> of any minority; <c>sync</c> of all
/// but one in sync. In every case the primary's own durable copy is one of them. What a fail-over loses beyond that is not
/// gone but in the lost-and-found of the replica that had it. Unavailable without the control plane, and while fewer
/// backups answer than the policy asks for (unless it says to degrade).</para>
/// <para><b>Where what is.</b>
/// <see cref="PrimaryReplica"/>: the way in; it makes the parts and gives each what it needs. <see cref="AcceptedEpoch"/>:
/// configuration, options and lease. <see cref="Role"/>: primary, source or backup. <see cref="Commits"/>,
/// <see cref="LogMarks"/>: commit and apply. <see cref="Inbox"/>: which messages are listened to. <see cref="Past"/>,
/// <see cref="LostEntries"/>, <see cref="StateHealth"/>, <see cref="StateReplacement"/>, <see cref="LogMemory"/>: giving up
/// entries, replacing the state, freeing memory. <see cref="Serving"/>: the primary's side; <see cref="AckRule"/>,
/// <see cref="InSyncSet"/>, <see cref="Handover"/>, <see cref="StateShipper"/>: its parts.
/// <see cref="Backup"/>, <see cref="Answers"/>, <see cref="ReadQuestions"/>, <see cref="Arrivals"/>,
/// <see cref="Amnesia{TStamp}"/>: a backup's side.
/// <see cref="Feeder"/> and <see cref="Progress"/>: what is sent to whom when, by the primary or by a source in a cascade.
/// <see cref="FrameLog{TStamp}"/>, <see cref="StampRuns{TStamp}"/>: the log in memory and its history of epochs;
/// <see cref="PrimaryJournal"/>, <see cref="Recovery"/>: the log on disk. <see cref="PrimarySnapshots"/>: snapshots,
/// over <see cref="SnapshotMaker"/>, <see cref="SnapshotSender"/> and <see cref="SnapshotInbox"/>.
/// <see cref="FailOver"/>: whom the control plane may name. <see cref="WaitingRequests{TStamp}"/>, <see cref="PrimaryRules"/>: as
/// they say.</para>
/// <para><b>Decisions worth knowing.</b></para>
/// <list type="number">
/// <item>The primary's own copy always counts, also with <c>majority</c>: a restarted primary may then ask to go on.</item>
/// <item>A restarted primary never goes on in its old epoch: it may have shipped entries that it lost, and would use their
/// indices again. For the same reason it says nothing in an epoch before that epoch is durable.</item>
/// <item>The log is a history of (epoch, index), and no two entries share one. The runs of epochs outlive the entries, in
/// memory and in snapshots, so a replica that comes back late finds where its past parts from the group's.</item>
/// <item>What an older epoch left is committed only together with an entry of the present one. [Raft §5.4.2]</item>
/// <item>An in-sync set that was shown to the control plane binds until the next epoch: see <see cref="InSyncSet"/>.</item>
/// <item>A replica that has lost its state keeps its log, and its copies count; it cannot be named.</item>
/// <item>With shipped state one batch is out at a time; the machine's answer to a command counts when the replica says
/// Done for it.</item>
/// <item>A lease is of one epoch. Until the first one of an epoch comes, writes are kept for a while instead of refused.</item>
/// <item>Whoever is spoken to in an older epoch passes the configuration on, so that not all depends on the control plane's
/// next word.</item>
/// </list>
/// <para><b>Not built.</b> Rebuilding a lost state from this replica's own snapshot (the primary sends one); a group with
/// <c>durability memory</c> all of whose replicas were restarted does not come back by itself; a replica that lost its disk
/// must come back under another id.</para>
/// </summary>
internal static class Primary;
