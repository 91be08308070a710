namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Leaderless replication [Dynamo]: the keys are cut into partitions, each partition is held by the first N members of its
/// preference list, every member takes every request, a holder coordinates it, W holders have a write durably before it is
/// acknowledged, R are asked by a read. What is replicated merges (<see cref="Replication.IMergeMachine"/>), so no order is
/// agreed on.
/// <para><b>What is promised.</b> An acknowledged write is durable on W holders, or with a sloppy quorum on W members: fewer than
/// W that lose their memory do not lose it, and crashes that lose only what was not synced lose nothing. Holders that can reach
/// each other become the same. What was removed does not come back. With R + W above N and no stand-ins a read sees every write
/// acknowledged before it began; that alone is not linearizable: a read that sees a write that is still under way may be followed
/// by one that does not. "Unavailable" is said of a write only when it certainly has not happened and never will.</para>
/// <para><b>Linearizable reads</b> [ABD §3]. A read takes in what R holders have, and is answered when W have all of that; a
/// write first takes in what R holders have, so that its stamp is above every earlier one. Then GET and SET of one key are
/// linearizable, as long as the key is not deleted, does not expire, and is given no other type. Proof: order the SETs by stamp
/// and dot. (1) A SET that was answered is with W holders, and a later operation asks R of them: it meets it, or one above it. So
/// a later SET has a greater stamp, and a later GET shows that SET or a greater one. (2) A GET shows the greatest SET it met:
/// that one is live, because whatever replaced it had seen it and is greater. (3) What a GET shows is with W holders when it is
/// answered: a later GET meets it. So GETs never go back, and each stands behind the SET it shows.</para>
/// <para>For everything else that much holds and no more: an operation sees whatever was answered before it began, and whatever
/// an answered read had shown. Two reads at the same time may each see one of two additions that are not answered yet (no order
/// has both), replies of INCR or SADD are of what the coordinator saw, and a DEL concurrent with two SETs may let the older of
/// them show again:
/// 1. SET b reaches n2, SET a, the greater, n1. 2. DEL meets a only. 3. A read at n1 and n2 shows a. 4. DEL is complete:
/// b is what remains, after a.</para>
/// <para><b>Members change</b> while requests go on. Let G1, G2 … be the lists of members that a node knows and has not seen
/// settled, oldest first. It counts a quorum in the holders by each of them. A new holder of Gn is complete when it has asked, of
/// the holders by each older list, N − min(R, W) + 1 that have durably accepted Gn; a node that knows that all holders by Gn are
/// complete goes by Gn alone. Two operations, one by lists A, the other by lists B: if a list is in both, their quorums meet
/// there. Otherwise one knows only lists older than all of the other's, which has seen the holders by its oldest list Gn
/// complete. Those had asked so many older holders that (1) they met every write acknowledged by older lists alone before that,
/// and (2) fewer than min(R, W) older holders are left that do not refuse what is sent under older lists: no quorum. A member
/// that was told of Gn but not of the lists before knows nothing of this, and takes no part before it has learnt them
/// (<see cref="Placement.KnowsPast"/>).</para>
/// <para><b>Memory.</b> A holder that was started without its data begins anew: it takes updates, and counts for reads when it
/// has asked N − W + 1 others that are complete (they meet every W without this one), or all. It is found out even if it does not
/// know: when another has seen updates of this node that the node does not know. Only when it has asked every holder since no
/// member keeps hints does it say that updates it made before and no holder has are gone (<see cref="AntiEntropy"/>).</para>
/// <para><b>Forgetting.</b> Every overview in a comparison says what its sender has seen durably; the meet over all holders
/// (those by older lists, and those that have not given the partition away, included) is stable, and only that is
/// collected.</para>
/// <para><b>Where what is.</b> <see cref="LeaderlessReplica"/>: the way in. <see cref="Requests"/>: to a holder.
/// <see cref="Coordinator"/>,
/// <see cref="Operation"/>: quorums of one request. <see cref="Receiver"/>, <see cref="Outbox"/>: updates on their way.
/// <see cref="Hints"/>.
/// <see cref="AntiEntropy"/>, <see cref="Comparison"/>, <see cref="Feeder"/>: comparing. <see cref="Placement"/>,
/// <see cref="Holders"/>,
/// <see cref="PreferenceList"/>: which members hold which partitions. <see cref="LeaderlessJournal"/>,
/// <see cref="SnapshotMaker"/>, <see cref="Recovery"/>: on disk.</para>
/// <para><b>Deviations.</b></para>
/// <list type="number">
/// <item>A fixed number of partitions and rendezvous hashing in place of a ring with virtual nodes. [Dynamo §4.2]</item>
/// <item>Membership is the control plane's word, not gossip. [Dynamo §4.8]</item>
/// <item>A coordinator is a holder always: a command is executed on a state. With no holder up a sloppy quorum does not help.
/// [Dynamo §4.5]</item>
/// <item>A hint is never dropped, only refused; after a time any holder gets it. [Dynamo §4.6]</item>
/// <item>States of keys are merged and written back, instead of a value with a greater tag. [ABD §3]</item>
/// </list>
/// <para><b>Not built.</b> Reads ask all holders, not the R nearest. The memory of a partition that was given away is freed at
/// the next start.</para>
/// </summary>
internal static class Leaderless;
