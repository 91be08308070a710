using System.Text;
using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

/// <summary>A log, a machine and an applier between them. The machine writes down what it was asked for; a command "3:x" takes
/// three turns and shows x at the end of the third.</summary>
internal sealed class ApplierWorld : IApplierOwner<Term>
{
    private const int Unbounded = 1000;

    public ApplierWorld(int entries = Unbounded, long bytes = Unbounded, int commandStart = 0)
    {
        Machine = new SlowMachine(this);
        Applier = new Applier<Term>(Log, Machine, Waiting, new ApplyBudget(entries, bytes), this, commandStart);
    }

    public FrameLog<Term> Log { get; } = new();

    public WaitingRequests<Term> Waiting { get; } = new();

    public SlowMachine Machine { get; }

    public Applier<Term> Applier { get; }

    public Outcomes Outcomes { get; } = new();

    /// <summary>What happened, in order.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Called when a client is answered.</summary>
    public Action? Answered { get; set; }

    public NodeId Leader => new(1);

    public Effects Out => Outcomes;

    public long Applied => Applier.LastApplied.Value;

    public void Append(string command, long request = 0, EntryKind kind = EntryKind.Command) =>
        Waiting.Add(Log.Append(new Term(1), kind, Encoding.UTF8.GetBytes(command)), new RequestId(request));

    public void Append(params ReadOnlySpan<string> commands)
    {
        foreach (var command in commands) Append(command);
    }

    /// <summary>Everything in the log is committed.</summary>
    public void Commit() => Applier.ApplyTo(Log.LastIndex);

    /// <summary>One turn is over and the next has come to its end.</summary>
    public void Turn()
    {
        Applier.BeginTurn();
        Applier.ApplyTo(Applier.Limit);
    }

    public bool ObservesCommands => true;

    public void BeginCommand(in EntryView<Term> entry) => Seen.Add($"begin {Encoding.UTF8.GetString(entry.Payload)}");

    public void SuspendCommand(in EntryView<Term> entry) => Seen.Add($"suspend {Encoding.UTF8.GetString(entry.Payload)}");

    public void ApplyOther(LogIndex index, in EntryView<Term> entry, RequestId request) =>
        Seen.Add($"other {index} {entry.Kind} {request}");

    public void OnApplied() => Seen.Add($"applied {Applied}");

    internal sealed class SlowMachine(ApplierWorld world) : IStateMachine
    {
        private (string Text, RequestId Request, int TurnsLeft)? _unfinished;

        public Taps Taps { get; } = new();

        /// <summary>The commands that show.</summary>
        public List<string> State { get; } = [];

        /// <summary>Named ahead and not applied yet.</summary>
        public List<string> Foreseen { get; } = [];

        public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
        {
            Invariant.Require(_unfinished is null, "one entry after the other");
            var text = Encoding.UTF8.GetString(payload);
            Foreseen.Remove(text);
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            _unfinished = (text[(colon + 1)..], request, colon < 0 ? 1 : int.Parse(text[..colon], null));
            return GoOn(0);
        }

        public bool GoOn(int budgetBytes)
        {
            var (text, request, left) = _unfinished!.Value;
            _unfinished = (text, request, --left);
            if (left > 0) return false;
            _unfinished = null;
            State.Add(text);
            Taps.OnKey(0, Encoding.UTF8.GetBytes(text), KeyChange.Written);
            if (request.IsNone) return true;
            world.Seen.Add($"answer {request}");
            world.Answered?.Invoke();
            return true;
        }

        public void GiveUpUnfinished() => _unfinished = null;

        public void Foresee(ReadOnlySpan<byte> payload) => Foreseen.Add(Encoding.UTF8.GetString(payload));

        public ISnapshotSource BeginSnapshot() => throw new NotSupportedException();

        public ISnapshotTarget BeginRestore() => throw new NotSupportedException();
    }
}
