using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Strong consistency by consensus, after Ongaro's dissertation (2014), tagged [Raft §…].
/// <para><b>Promise.</b> Linearizable. An acknowledged write survives the crash of any minority; with <c>durability
/// fsync</c> also of everybody at once, with <c>durability memory</c> as long as no majority stops. Never two
/// histories. Unavailable only without a majority.</para>
/// <para><b>Where what is.</b>
/// <see cref="RaftReplica"/>: the way in; it makes the parts that outlive roles. <see cref="Inbox"/>: which messages are
/// listened to. <see cref="HardState"/>: term and vote. <see cref="Roles"/>: how roles change; <see cref="Follower"/>,
/// <see cref="Candidate"/>, <see cref="Leader"/>: the roles, owning what dies with them. <see cref="Elections"/>: a voter's side.
/// <see cref="Replicator"/>, <see cref="Progress"/>, <see cref="ProgressTable"/>: what is sent to whom when, and what a quorum
/// has reached. <see cref="Commits"/>: commit and apply. <see cref="FrameLog{TStamp}"/>, <see cref="LogChanges"/>,
/// <see cref="LogMemory"/>: the log in memory; <see cref="RaftJournal"/>, <see cref="Recovery"/>: the log on disk.
/// <see cref="WaitingRequests{TStamp}"/>: requests that wait for an entry. <see cref="LeaderReads"/>,
/// <see cref="ReadQuestions"/>: read index. <see cref="RaftSnapshots"/>: snapshots, over <see cref="SnapshotMaker"/>,
/// <see cref="SnapshotSender"/> and <see cref="SnapshotInbox"/>.
/// <see cref="Configuration"/>, <see cref="ConfigurationHistory"/>, <see cref="MembershipChange"/>: members.
/// <see cref="LeadershipTransfer"/>, <see cref="Amnesia{TStamp}"/>, <see cref="Quarantine"/>, <see cref="Quorum"/>,
/// <see cref="RaftRules"/>: as they say.</para>
/// <para><b>Deviations.</b></para>
/// <list type="number">
/// <item>A vote is refused while a leader was heard less than an election timeout ago, by the clock, whatever happened to
/// the term since, and for as long after a restart: the lease rests on it. [§4.2.3, §6.4.1]</item>
/// <item>No lease reads for the rest of the term once TimeoutNow was sent: see <see cref="LeadershipTransfer"/>.</item>
/// <item>The leader's commit index travels with the next append or heartbeat, never on its own.</item>
/// <item>A follower may commit on a read index answer: up to where its log is known to agree with the leader's.</item>
/// <item>Heartbeats are acknowledged before the entries they check are durable, with the MatchIndex that is.</item>
/// <item>A new voter must be a caught-up learner before; the leader refuses otherwise instead of waiting. [§4.2.1]</item>
/// <item>A change of learners alone is one entry, without a joint configuration.</item>
/// <item>Snapshots are sent as numbered pieces in a window instead of byte offsets one by one, and are
/// installed only when durable.</item>
/// <item>A request whose entry was truncated is answered only when a commit decides: see
/// <see cref="WaitingRequests{TStamp}"/>.</item>
/// <item>Replicas that forgot (<see cref="Amnesia{TStamp}"/>) may vote in an election that everybody grants: see
/// <see cref="Candidate"/>.</item>
/// <item>A replica whose state machine was found wrong keeps its log and applies nothing until it has the leader's state: see
/// <see cref="Quarantine"/>.</item>
/// </list>
/// <para><b>Not built.</b> Witnesses; pre-emptive flow control of a leader whose followers are slow (the client's
/// window bounds it); sessions for exactly-once (they belong to the state machine's side of the node).</para>
/// </summary>
internal static class Raft;
