using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Chain replication, after van Renesse and Schneider (2004), tagged [CR §…], with reads at every replica after Terrace and
/// Freedman (2009), tagged [CRAQ §…].
/// <para><b>Promise.</b> Linearizable. An acknowledged write is durable on every replica of the chain, so it survives the loss
/// of all but one; with <c>durability fsync</c> also the crash of all at once. A chain of f+1 replicas stands f failures, but
/// every failure stops writes until the control plane has decided on another chain.</para>
/// <para><b>A write.</b> The head orders it; each replica sends it on while it writes to its own disk. Going down with it,
/// and after it, is how far the log is <i>stable</i>: durable on everybody from the head to the sender. What is stable and
/// durable at the tail is durable everywhere: this is the moment of commit. It goes back up as an acknowledgement; a replica
/// applies what it hears to be committed; the head has heard last of all when it answers the client.</para>
/// <para><b>An epoch</b> is a decision of the control plane: this chain in this order. A replica acts in one when its
/// acceptance is durable, then never again in an older one. What commits in an epoch is acknowledged by all its members in
/// it. The head begins with an entry that does nothing; each successor says where its log ends and is sent the rest; where
/// logs differ, the head's is right, and what is cut was never committed, for then it would be in every log. That is why
/// nothing cut goes to a lost-and-found, and why no state has to be rebuilt: only committed entries are applied.
/// (epoch, index) names one entry, because a head that was restarted orders nothing before the next epoch.</para>
/// <para><b>Why a clean local read is linearizable.</b> Let X answer a read of key k from its state, under its lease, with no
/// unapplied write of k in its log, at time t. Let w be a write of k that committed before t, in epoch e. (1) X was a member
/// of e: the control plane leaves X out of a chain only after every lease it gave X has run out, and X's runs at t, so X is
/// in every chain from the epoch it has accepted to the newest; in older ones it was, or it joined later holding all they had
/// committed (see <see cref="Tail"/>). (2) So w was durable in X's log before it committed. (3) Nothing committed is ever
/// cut. So at t it is in X's log, and as k is clean, applied: the read sees it. And what it sees is committed, so no later
/// read sees less. If X has not yet heard of the newest epoch, nothing has committed in that epoch without it.</para>
/// <para><b>Why asking the tail is.</b> A tail under its lease is in the newest chain by (1), and nothing commits in a newer
/// epoch before it has accepted that. Within its epoch every commit is its own; with an entry of its epoch committed, it
/// has committed all that older epochs had, which the head's log held before that entry. So its index covers all that was
/// committed before the question, and the asker waits until it has applied as far. The asker needs no lease for that.</para>
/// <para><b>Where what is.</b>
/// <see cref="ChainReplica"/>: the way in; it makes the parts and gives each what it needs. <see cref="AcceptedEpoch"/>: the
/// control plane's word. <see cref="Commits"/>: commit and apply. <see cref="Place"/>, <see cref="Position"/>: a replica's part
/// in one epoch, made of <see cref="Head"/>, <see cref="Predecessor"/>, <see cref="Successor"/>, <see cref="Tail"/>.
/// <see cref="ChainReads"/>, <see cref="DirtyKeys"/>: reads. <see cref="Wishes"/>: what it asks the control plane for.
/// <see cref="WaitingRequests{TStamp}"/>: requests that wait for an entry. <see cref="FrameLog{TStamp}"/>,
/// <see cref="KeyedLog"/>, <see cref="LogMemory"/>: the log in memory; <see cref="ChainJournal"/>, <see cref="Recovery"/>: on
/// disk. <see cref="ChainSnapshots"/>: snapshots, over <see cref="SnapshotMaker"/>, <see cref="SnapshotSender"/> and
/// <see cref="SnapshotInbox"/>.</para>
/// <para><b>Deviations.</b></para>
/// <list type="number">
/// <item>Replicas forward before they have written, and the tail waits for the news that they have: the chain's disks work
/// in parallel. [CR §2] forwards what is processed.</item>
/// <item>Clients are answered by the head, which has their requests, not by the tail. [CR §2]</item>
/// <item>One version for all keys: the index of the log. The tail's answer to one query serves all reads of a turn.
/// [CRAQ §2.3]</item>
/// <item>A dirty version is a log entry not applied yet, and clean versions need no clean-up messages of their own.
/// [CRAQ §2.3]</item>
/// <item>A joining replica is counted for commits before it is in the chain. [CR §3.4] hands over from the old tail.</item>
/// <item>A head or tail that was restarted waits for the next epoch; a middle replica goes on.</item>
/// <item>A replica of <c>durability memory</c> that was restarted leaves the chain and joins it again at the tail.</item>
/// </list>
/// <para><b>Not built.</b> Chains over several data centres and multicast [CRAQ §3, §5]; beginning anew, by an operator's word,
/// when all replicas of a memory chain have forgotten (the control plane sees that all need state, and must say that the data
/// is lost).</para>
/// </summary>
internal static class Chain;
