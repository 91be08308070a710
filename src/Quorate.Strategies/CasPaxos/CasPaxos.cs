namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// CASPaxos, after Rystsov (2018), tagged [CASPaxos §…]: every key is a register of its own that is agreed on by itself. No
/// leader, no log, and nothing to fail over: any member proposes changes of any key.
/// <para><b>Promise.</b> Linearizable reads and writes of each key, conditional ones too; nothing about several keys together. An
/// acknowledged write is durable on a majority of the key's acceptors, and readable while any majority of them answers. Which
/// of them are gone makes no difference, and no time passes before the others go on.</para>
/// <para><b>A change</b> is a function from the state to the next. The proposer has a majority promise its ballot and tell what
/// they accepted last, applies the function to the value of the highest ballot, and has a majority accept the result. All
/// requests for the key that wait meanwhile are the next function. With the accept it asks for the promise of its next ballot:
/// while no other node changes the key, a change takes one round. [CASPaxos §2.2, §2.2.1]</para>
/// <para><b>Made once.</b> An accept that was not confirmed may still be taken up by another proposer. So a value carries by
/// which ballots it came about (<see cref="History"/>), and a proposer that was overtaken looks for its own among them before it
/// goes on. Let A be an attempt whose fate is not known, v the value of the highest ballot of a majority that now promises B. (1)
/// A is in the history of v: the change is part of it, and having v chosen again confirms it. (2) It is not, and v's history
/// reaches back behind A: v does not contain the change, and what is proposed at B contains it once. Others may go on from A or
/// from B, but from none that contains both, since each was built upon a value that contained neither. (3) The history does not
/// reach that far: "unknown".</para>
/// <para><b>Why a read of one round is linearizable.</b> It asks for what was accepted, and for no promise. Let a majority answer
/// with one and the same ballot b: its value was accepted by a majority, so it is chosen. Let w be a write that was confirmed
/// before the read began, at ballot c. One of those that accepted w is among those that answered, and it says b, so c ≤ b, and
/// what was chosen at b came about from w or is w. A later read meets one of those that said b. When all of a majority say
/// nothing, the same holds of a register that never was, or was removed: the floor stands for what was promised. Where
/// they do not agree the read is an identity change, which finishes whatever it finds.</para>
/// <para><b>Deletion</b> leaves a tombstone. When every acceptor has accepted it, at one ballot, each may remove the register. An
/// old accept that arrives afterwards must not be taken for the first: the paper gives proposers ages; here an acceptor that
/// forgets a register raises its <see cref="RegisterStore.Floor"/> to what that had promised, and promises as much for all that
/// are not there. No other value can be left anywhere, because all had accepted the tombstone, and none can come,
/// because none accepts a ballot below. [CASPaxos §3.1]</para>
/// <para><b>Time.</b> The state says when it ends, and when it was last changed by its proposer's clock. A proposer's time is its
/// wall clock, or that stamp when it is later. A reader that finds a value over makes it a tombstone before it says so, so that
/// a proposer whose clock is behind does not show it again.</para>
/// <para><b>Epochs.</b> A ballot begins with the epoch in which it was made; messages of another epoch are not acted upon. So
/// accepting an epoch promises it for every register at once. That is what brings an acceptor back that forgot:
/// <see cref="Seeding"/>.</para>
/// <para><b>Where what is.</b> <see cref="CasPaxosReplica"/>: the way in. <see cref="Proposer"/>, <see cref="KeyRound"/>,
/// <see cref="Batch"/>, <see cref="Votes"/>: proposing. <see cref="Acceptor"/>, <see cref="RegisterStore"/>: accepting.
/// <see cref="Outbox"/>: what leaves, and when. <see cref="AcceptorJournal"/>, <see cref="RegisterRecord"/>,
/// <see cref="SnapshotMaker"/>: on disk. <see cref="Sweeper"/>: what no replica needs. <see cref="AcceptedConfiguration"/>,
/// <see cref="Seeding"/>, <see cref="Wishes"/>: the control plane. <see cref="AcceptorSet"/>: whose key it is.</para>
/// <para><b>Deviations.</b></para>
/// <list type="number">
/// <item>A floor instead of ages, so that a collection asks acceptors only. [CASPaxos §3.1]</item>
/// <item>A collection asks first what all acceptors have, and writes only where they do not have the same tombstone.</item>
/// <item>Reads ask for no promise when a majority has accepted the same. [CASPaxos §2.2] reads by the identity function.</item>
/// <item>Values carry a history, for retries. The paper leaves them to the client.</item>
/// <item>Ballots begin with an epoch.</item>
/// </list>
/// <para><b>Not built.</b> Other members [CASPaxos §2.3]: a configuration that names others than the first did is refused. When
/// so many forgot at once that the rest is no majority (<c>durability memory</c>), they wait for ever: the control plane
/// sees that they need state, and an operator must say that the data is lost. SCAN, KEYS and DBSIZE.</para>
/// </summary>
internal static class CasPaxos;
