using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>A state machine that remembers every command it was given; one snapshot piece a command.</summary>
internal sealed class ListMachine(Action<LogIndex, string, RequestId> onApply) : IStateMachine
{
    public List<string> Applied { get; private set; } = [];

    public void Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
    {
        var text = Encoding.UTF8.GetString(payload);
        Applied.Add(text);
        onApply(index, text, request);
    }

    public ISnapshotSource BeginSnapshot() => new Source([.. Applied]);

    public ISnapshotTarget BeginRestore() => new Target(this);

    private sealed class Source(List<string> state) : ISnapshotSource
    {
        private int _next;

        public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
        {
            if (_next < state.Count) output.Write(Encoding.UTF8.GetBytes(state[_next++]));
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
            if (!piece.IsEmpty) _state.Add(Encoding.UTF8.GetString(piece));
            return true;
        }

        public void Complete() => machine.Applied = _state;
    }
}
