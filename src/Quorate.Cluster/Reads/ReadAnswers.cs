using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>Answers to reads that other nodes' clients asked of a group here, gathered until the turn ends.</summary>
internal sealed class ReadAnswers(HostedGroup group)
{
    private readonly SortedList<int, Pending> _answers = []; // by node that asked

    /// <summary>Where answers to a node are put, each by <see cref="RunCodec"/>.</summary>
    /// <param name="origin">That node.</param>
    /// <param name="session">Its life.</param>
    public ByteQueue To(NodeId origin, long session)
    {
        if (!_answers.TryGetValue(origin.Value, out var answers)) _answers.Add(origin.Value, answers = new Pending());
        if (answers.Session == session) return answers.Bytes;
        answers.Bytes.Clear(); // an earlier life of that node, whose clients are gone
        answers.Session = session;
        return answers.Bytes;
    }

    public void Refuse(NodeId origin, long session, long ticket, RunOutcome outcome)
    {
        RunCodec.BeginAnswer(To(origin, session), ticket, outcome, default, 0);
        group.NeedsTurnEnd();
    }

    public void Flush()
    {
        for (var i = 0; i < _answers.Count; i++)
        {
            var (origin, answers) = (_answers.GetKeyAtIndex(i), _answers.GetValueAtIndex(i));
            if (answers.Bytes.Length == 0) continue;
            var message = new ReadsAnswered
            {
                Session = answers.Session,
                Leader = group.Replica.Leader,
                Runs = answers.Bytes.Memory,
            };
            group.Send(new NodeId(origin), message);
            answers.Bytes.Clear();
        }
    }

    private sealed class Pending
    {
        public long Session { get; set; }

        public ByteQueue Bytes { get; } = new();
    }
}
