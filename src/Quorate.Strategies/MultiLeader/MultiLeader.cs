namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Multi-leader: every member takes reads and writes, and tells the others later. No order, no election, no lease.
/// <para><b>Promise.</b> A member that has its memory serves, whichever others it can reach. Replicas that have seen the same
/// updates hold the same; after any faults, once links are up again, all have seen the same. An update is shown only together
/// with all that its maker had seen (causal), but for the time in which states are being fetched, and that is told
/// (<see cref="MultiLeaderStatus.IsCausal"/>). What an acknowledged write survives: <c>async</c> a restart of its node;
/// <c>semisync k</c>, <c>majority</c>, <c>sync</c> the loss of that many members of its region; the loss of the region once it
/// was shipped. What a client was told no restart takes back, with <c>durability fsync</c>.</para>
/// <para><b>Where what is.</b>
/// <see cref="MultiLeaderReplica"/>: the way in, and what the parts share. <see cref="Knowledge"/>: how
/// updates become part of what it knows. <see cref="Gossip"/>, <see cref="Peer"/>: the other
/// members, what they told and are told. <see cref="DeltaLog"/>, <see cref="Frame"/>: deltas that a member may lack.
/// <see cref="Shipper"/>: which member they go to, and when. <see cref="Arrivals"/>: in which order they are taken in.
/// <see cref="ChangesSender"/>, <see cref="ChangesReceiver"/>, <see cref="ChangesRound"/>: shipped states.
/// <see cref="Pulls"/>: whole states, for members that are new, far behind, or without memory. <see cref="Comparison"/>: digests.
/// <see cref="Acknowledgements"/>, <see cref="UndurableKeys"/>: when a client is answered. <see cref="Upkeep"/>: expiry, and
/// what may be forgotten. <see cref="MultiLeaderJournal"/>, <see cref="Recovery"/>, <see cref="Birth"/>,
/// <see cref="SnapshotMaker"/>: what outlives a restart. <see cref="Contexts"/>, <see cref="MultiLeaderRules"/>: as they
/// say.</para>
/// <para><b>Decisions worth knowing.</b></para>
/// <list type="number">
/// <item>A delta names what its maker had learnt since its last one, and waits for it at its reader (decision 13).</item>
/// <item>A removal is forgotten when nothing can come any more that was made without knowing it (decision 14).</item>
/// <item>An answer that shows what is not durable here waits for the journal: by key for own writes, for all keys where others'
/// deltas or states came in, because this strategy does not read those.</item>
/// <item>A member that has had an update for a while which another lacks sends it, whatever the topology: convergence needs some
/// path, not a given one.</item>
/// <item>The state is pulled, and the member that is asked remembers nothing about it. The puller merges piece by piece and
/// adopts the summary of the beginning at the end.</item>
/// <item>A replica that may have forgotten something begins anew and serves again when it has the state of one that is whole, or
/// of all others. When it has that of all others it says that updates which no member has are gone; earlier lives are not
/// listened to any more.</item>
/// <item>A member that is in sync in the first configuration it ever hears of, and remembers nothing, is a founder and lacks
/// nothing.</item>
/// <item>A snapshot is sealed only when the journal is durable up to everything that its last piece shows.</item>
/// <item>A region is the members whose <see cref="MultiLeaderOptions.RegionOf"/> is equal. A k greater than the region has other
/// members is cut to these: a region of one acknowledges alone.</item>
/// </list>
/// <para><b>Not built.</b> Telling what others have told (where two members never hear each other directly, data flows, but what
/// was removed is not forgotten); comparing while writes go on without a pause; a limit on bytes a second.</para>
/// </summary>
internal static class MultiLeader;
