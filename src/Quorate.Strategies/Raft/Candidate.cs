using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Stands for election: first, without a new term, as a pre-candidate, then in a term of its own. [Raft §5.2, §9.6]
/// <para>A replica with <see cref="Amnesia{TStamp}"/> may have acknowledged entries that it has forgotten, and raft assumes that
/// none does. It casts its votes with a mark, and a marked vote (a candidate's own included) counts only in an election that
/// every voter grants. Such an election asks all that still remember, and the up-to-date rule of each of them protects what it
/// remembers; so it is safe whichever replica forgot. It is what brings a group back after all its replicas were
/// restarted.</para>
/// </summary>
internal sealed class Candidate : Role
{
    private readonly Dictionary<NodeId, Ballot> _ballots = [];
    private readonly ElectionTimer _timer;
    private readonly bool _isPre;
    private readonly bool _transfer;
    private PersistPoint _ownVote;
    private bool _ownVoteCast;

    private Candidate(RaftReplica replica, bool isPre, bool transfer)
        : base(replica)
    {
        _isPre = isPre;
        _transfer = transfer;
        if (!isPre) replica.Contact.ElectionsBegun++;
        _timer = new ElectionTimer(replica.Options, replica.Dice, replica.Contact, isRetry: true);
    }

    private enum Ballot : byte
    {
        Refused,
        Granted,

        /// <summary>Granted by a replica with amnesia: counts only when every voter grants.</summary>
        GrantedWithAmnesia,
    }

    public override RaftRole Kind => _isPre ? RaftRole.PreCandidate : RaftRole.Candidate;

    public override NodeId LeaderId => NodeId.None;

    /// <summary>Asks whether an election could be won.</summary>
    public static void BeginPreVote(RaftReplica replica)
    {
        var candidate = new Candidate(replica, isPre: true, transfer: false);
        replica.Roles.Become(candidate);
        candidate.AskForVotes(replica.CurrentTerm.Next, default);
        candidate._ownVoteCast = true;
        candidate.CastOwnVote();
    }

    /// <summary>A new term, a vote for itself, and the question to all others.</summary>
    public static void BeginElection(RaftReplica replica, bool transfer)
    {
        replica.HardState.Enter(replica.CurrentTerm.Next, replica.Self);
        var candidate = new Candidate(replica, isPre: false, transfer) { _ownVote = replica.HardState.Point };
        replica.Roles.Become(candidate);
        candidate.AskForVotes(replica.CurrentTerm, replica.Rules.VoteLeavesAfter(candidate._ownVote));
        candidate.OnPersisted();
    }

    public override void OnTick()
    {
        if (_timer.Tick()) Replica.Roles.Campaign();
    }

    public override void OnRequest(in ReplicaRequest request) => Out.Reply(request.Id, Outcome.NotLeader(NodeId.None));

    /// <summary>One's own vote counts once it is durable, like everybody's.</summary>
    public override void OnPersisted()
    {
        if (_isPre || _ownVoteCast || Journal.DurablePoint < _ownVote) return;
        _ownVoteCast = true;
        CastOwnVote();
    }

    public void HandleResponse(NodeId from, RequestVoteResponse response)
    {
        if (response.PreVote != _isPre) return;
        if (response.Granted && response.Term != (_isPre ? State.CurrentTerm.Next : State.CurrentTerm)) return;
        var ballot = !response.Granted ? Ballot.Refused : response.Amnesia ? Ballot.GrantedWithAmnesia : Ballot.Granted;
        // A refusal followed by a grant happens when messages overtake each other; the grant holds.
        if (ballot == Ballot.Refused) _ballots.TryAdd(from, ballot);
        else _ballots[from] = ballot;
        Decide();
    }

    private void CastOwnVote()
    {
        _ballots[Self] = Replica.Amnesia.IsPresent ? Ballot.GrantedWithAmnesia : Ballot.Granted;
        Decide();
    }

    private void AskForVotes(Term term, PersistPoint after)
    {
        foreach (var node in Configuration.Members)
        {
            if (node == Self || !MayVote(node)) continue;
            Out.Send(node, new RequestVote
            {
                Term = term,
                PreVote = _isPre,
                Transfer = _transfer,
                LastLogIndex = Log.LastIndex,
                LastLogTerm = Log.LastStamp,
            }, after);
        }
    }

    private bool MayVote(NodeId node) => Configuration.IsVoter(node) || Rules.CountsLearners;

    private void Decide()
    {
        var result = Quorum.Count(Configuration, Rules, new Votes(_ballots));
        if (result == VoteResult.Lost)
        {
            // A pre-candidate waits for its timeout, so that it does not ask in a loop.
            if (!_isPre) Replica.Roles.BecomeFollower(NodeId.None, isRetry: true);
            return;
        }

        if (result == VoteResult.Pending && !IsUnanimous()) return;
        if (_isPre) BeginElection(Replica, transfer: false);
        else Replica.Roles.BecomeLeader();
    }

    private bool IsUnanimous()
    {
        foreach (var node in Configuration.Members)
        {
            if (Configuration.IsVoter(node)
                && (!_ballots.TryGetValue(node, out var ballot) || ballot == Ballot.Refused)) return false;
        }

        return true;
    }

    private readonly struct Votes(Dictionary<NodeId, Ballot> ballots) : INodeVote
    {
        public int Of(NodeId node) => !ballots.TryGetValue(node, out var ballot) ? 0
            : ballot == Ballot.Granted ? 1
            : ballot == Ballot.Refused ? -1 : 0;
    }
}
