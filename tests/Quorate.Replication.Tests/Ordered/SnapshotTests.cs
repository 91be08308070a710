using System.Buffers;
using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

/// <summary>Two replicas: one makes a snapshot and sends it, the other is filled by it.</summary>
public sealed class SnapshotTests
{
    private readonly Replica _from = new("abcdefgh", applied: 5);
    private readonly Replica _to = new("", applied: 0);
    private readonly SnapshotSender _sender = new();

    [Fact]
    public void A_replica_is_filled_piece_by_piece_and_changes_only_when_all_is_durable()
    {
        MakeSnapshot(_from);
        for (var turn = 0; turn < 20 && !_to.Storage.IsSealing; turn++) Exchange();
        _to.Machine.State.ShouldBe("", "not durable yet");
        _to.Maker.OnSealed(new LogIndex(5), saved: true);
        _to.Machine.State.ShouldBe("abcdefgh");
        _to.Log.ShouldBe(["received i5 stamp 50"]);
    }

    [Fact]
    public void A_snapshot_that_could_not_be_written_is_not_put_in_place()
    {
        MakeSnapshot(_from);
        for (var turn = 0; turn < 20 && !_to.Storage.IsSealing; turn++) Exchange();
        _to.Maker.OnSealed(new LogIndex(5), saved: false);
        _to.Machine.State.ShouldBe("");
        _to.Maker.Inbox.IsInstalling.ShouldBeFalse();
    }

    [Fact]
    public void No_more_pieces_are_on_the_way_than_the_window_has()
    {
        MakeSnapshot(_from);
        for (var turn = 0; turn < 20; turn++) _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        _from.Sent.Count.ShouldBe(Replica.Sizes.Window);
    }

    [Fact]
    public void The_sender_goes_back_to_what_a_restarted_replica_asks_for()
    {
        MakeSnapshot(_from);
        _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        _sender.OnAnswer(new LogIndex(5), 1);
        _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        _sender.OnAnswer(new LogIndex(5), 0);
        _from.Sent.Clear();
        _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        _from.Sent[0].Number.ShouldBe(0);
    }

    [Fact]
    public void A_sender_without_a_snapshot_that_is_new_enough_has_one_made()
    {
        _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        _from.Maker.IndexInMaking.ShouldBe(new LogIndex(5));
    }

    [Fact]
    public void Its_own_snapshot_gives_way_to_one_that_is_received()
    {
        MakeSnapshot(_from);
        _to.LastApplied = new LogIndex(2);
        _to.Maker.Begin();
        _to.Maker.IsBusy.ShouldBeTrue();
        Exchange();
        _to.Maker.IsBusy.ShouldBeFalse();
        _to.Maker.Begin();
        _to.Maker.IsBusy.ShouldBeFalse("one is being received");
    }

    [Fact]
    public void A_half_received_snapshot_that_the_log_has_overtaken_gives_way()
    {
        MakeSnapshot(_from);
        Exchange();
        _to.LastApplied = new LogIndex(6);
        _to.Maker.Begin();
        _to.Maker.IndexInMaking.ShouldBe(new LogIndex(6));
    }

    [Fact]
    public void A_snapshot_begins_in_the_middle_for_nobody()
    {
        MakeSnapshot(_from);
        _to.Maker.Inbox.TryTake(new NodeId(1), new Piece(new LogIndex(5), 50, 1, 3, default, "x"u8.ToArray()), out var next)
            .ShouldBeTrue();
        next.ShouldBe(0);
        _to.Maker.Inbox.IsInstalling.ShouldBeFalse();
    }

    private static void MakeSnapshot(Replica replica)
    {
        replica.Maker.Begin();
        while (!replica.Storage.IsSealing) replica.Maker.OnTick();
        replica.Maker.OnSealed(replica.LastApplied, saved: true);
        replica.Log.Clear();
    }

    private void Exchange()
    {
        _from.Sent.Clear();
        _sender.Send(_from.Maker, new NodeId(2), new LogIndex(5));
        foreach (var piece in _from.Sent)
        {
            if (_to.Maker.Inbox.TryTake(new NodeId(1), piece, out var next)) _sender.OnAnswer(piece.Index, next);
        }
    }

    private sealed class Replica : ISnapshotOwner
    {
        public static readonly SnapshotSizes Sizes = new(ThresholdBytes: 100, PieceBytes: 2, Window: 2, MaxLagBytes: 100);

        public Replica(string state, long applied)
        {
            Machine.State = state;
            LastApplied = new LogIndex(applied);
            Maker = new SnapshotMaker(Storage, Machine, Sizes, this);
        }

        public TextMachine Machine { get; } = new();

        public OneSnapshot Storage { get; } = new();

        public SnapshotMaker Maker { get; }

        public List<Piece> Sent { get; } = [];

        public List<string> Log { get; } = [];

        public LogIndex LastApplied { get; set; }

        public long BytesSinceSnapshot => 0;

        public SnapshotHeader MakeHeader() => new(LastApplied, LastApplied.Value * 10, default);

        public bool HasOvertaken(LogIndex index) => index <= LastApplied;

        public void SendPiece(NodeId to, in Piece piece) => Sent.Add(piece);

        public void OnSnapshotMade(SnapshotHeader header) => Log.Add($"made {header.Index}");

        public void OnSnapshotReceived(SnapshotInstallation snapshot)
        {
            snapshot.Complete();
            Log.Add($"received {snapshot.Index} stamp {snapshot.Header.Stamp}");
        }
    }

    private sealed class TextMachine : IStateMachine
    {
        public string State { get; set; } = "";

        public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request) => true;

        public ISnapshotSource BeginSnapshot() => new Source(State);

        public ISnapshotTarget BeginRestore() => new Target(this);

        private sealed class Source(string state) : ISnapshotSource
        {
            private int _at;

            public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
            {
                output.Write([(byte)state[_at++]]);
                return _at < state.Length;
            }

            public void Dispose()
            {
            }
        }

        private sealed class Target(TextMachine machine) : ISnapshotTarget
        {
            private string _state = "";

            public bool TryAccept(ReadOnlySpan<byte> piece)
            {
                foreach (var letter in piece) _state += (char)letter;
                return true;
            }

            public void Complete() => machine.State = _state;
        }
    }

    private sealed class OneSnapshot : ISnapshots
    {
        private SnapshotHeader? _header;
        private List<byte[]> _pieces = [];

        public bool IsSealing { get; private set; }

        public ISnapshotWriter Create(SnapshotHeader header)
        {
            (_header, _pieces, IsSealing) = (header, [], false);
            return new Writer(this, _pieces);
        }

        public ISnapshotReader? OpenNewest() => _header is null ? null : new Reader(_header, _pieces);

        private sealed class Writer(OneSnapshot owner, List<byte[]> pieces) : ISnapshotWriter
        {
            public bool IsReady => true;

            public void Append(ReadOnlySpan<byte> piece) => pieces.Add(piece.ToArray());

            public void Seal() => owner.IsSealing = true;

            public void Dispose()
            {
            }
        }

        private sealed class Reader(SnapshotHeader header, List<byte[]> pieces) : ISnapshotReader
        {
            public SnapshotHeader Header => header;

            public int PieceCount => pieces.Count;

            public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
            {
                bytes = pieces[piece];
                return true;
            }

            public void Dispose()
            {
            }
        }
    }
}
