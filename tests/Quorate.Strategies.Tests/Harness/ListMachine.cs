using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>A state machine that remembers every command it was given; one snapshot piece a command. An effect is the
/// commands that are new, each with its index, so that it can also be shipped as state. A command may take several
/// turns.</summary>
internal sealed class ListMachine(
    Action<LogIndex, string, RequestId> onApply, Func<string, int> turnsOf) : IStateMachine, IStateShipping
{
    private readonly List<(LogIndex Index, string Text)> _changes = [];
    private LogIndex _changesSince;
    private (LogIndex Index, string Text, RequestId Request, int TurnsLeft)? _unfinished;

    public List<string> Applied { get; private set; } = [];

    /// <summary>How often the newest state was written instead of entries.</summary>
    public int Coalesced { get; private set; }

    public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
    {
        Invariant.Require(_unfinished is null, "one entry is applied after the other");
        var text = Encoding.UTF8.GetString(payload);
        _unfinished = (index, text, request, turnsOf(text));
        return GoOn(0);
    }

    public bool GoOn(int budgetBytes)
    {
        var (index, text, request, left) = _unfinished!.Value;
        _unfinished = (index, text, request, --left);
        if (left > 0) return false;
        _unfinished = null;
        Add(index, text);
        onApply(index, text, request);
        return true;
    }

    public void GiveUpUnfinished() => _unfinished = null;

    public void Execute(LogIndex index, ReadOnlySpan<byte> payload, RequestId request, IBufferWriter<byte> effect)
    {
        var text = Encoding.UTF8.GetString(payload);
        Add(index, text);
        onApply(index, text, default);
        effect.Write(Encoding.UTF8.GetBytes($"{index.Value} {text}\n"));
    }

    public bool TryApplyEffect(LogIndex index, ReadOnlySpan<byte> effect)
    {
        foreach (var line in Encoding.UTF8.GetString(effect).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !long.TryParse(line.AsSpan(0, space), out var at)) return false;
            var text = line[(space + 1)..];
            Add(new LogIndex(at), text);
            onApply(new LogIndex(at), text, default);
        }

        return true;
    }

    public bool TryWriteChangesSince(LogIndex since, IBufferWriter<byte> effect)
    {
        if (since < _changesSince) return false;
        foreach (var (index, text) in _changes)
            if (index > since) effect.Write(Encoding.UTF8.GetBytes($"{index.Value} {text}\n"));
        Coalesced++;
        return true;
    }

    private void Add(LogIndex index, string text)
    {
        Applied.Add(text);
        _changes.Add((index, text));
        if (_changesSince.Value == long.MaxValue) _changesSince = index.Previous;
    }

    public ISnapshotSource BeginSnapshot() => new Source([.. Applied]);

    public ISnapshotTarget BeginRestore() => new Target(this);

    private sealed class Source(List<string> state) : ISnapshotSource
    {
        private int _next;

        public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
        {
            for (var left = budgetBytes; left > 0 && _next < state.Count;)
            {
                var line = Encoding.UTF8.GetBytes(state[_next++] + "\0");
                output.Write(line);
                left -= line.Length;
            }

            return _next < state.Count;
        }

        public void Dispose()
        {
        }
    }

    private sealed class Target(ListMachine machine) : ISnapshotTarget
    {
        private readonly List<string> _state = [];

        public bool TryAccept(ReadOnlySpan<byte> piece)
        {
            _state.AddRange(Encoding.UTF8.GetString(piece).Split('\0', StringSplitOptions.RemoveEmptyEntries));
            return true;
        }

        public void Complete()
        {
            // At which index it was taken is not in it: what changed is known from the next entry on.
            machine.Applied = _state;
            machine._unfinished = null;
            machine._changes.Clear();
            machine._changesSince = new LogIndex(long.MaxValue);
        }
    }
}
