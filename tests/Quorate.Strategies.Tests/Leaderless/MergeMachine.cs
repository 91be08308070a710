using System.Buffers;
using System.Text;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>The real store of a merging keyspace behind the seam, with a wall clock that may be wrong, and replies as
/// text.</summary>
internal sealed class MergeMachine(NodeId node, long incarnation, Func<long> skew, Action<RequestId, string> keep)
    : StoreBacked(new MergingStore(
        new MergingStoreOptions { ExpiryGraceMilliseconds = 500 }, new DotSource(node, incarnation), new HybridClock(SkewLimit)))
{
    public const long SkewLimit = 5000;

    private static readonly CommandTable Table = new(MergingTable.Keyspace);

    private readonly RespWriter _reply = new();
    private ArgRange[] _ranges = [];

    public override bool Execute(ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta)
    {
        _reply.Clear();
        EntryCodec.TryRead(payload, ref _ranges, out _, out var args).ShouldBeTrue();
        var changed = Table.Resolve(args, _reply) is { } spec && Store.Execute(spec, args, Wall(now), _reply, delta);
        reply.Write(_reply.Written.Span);
        return changed;
    }

    public override void Keep(RequestId request, ReadOnlySpan<byte> reply)
    {
        RespReplyReader.TryRead(reply, out _, out var tree).ShouldBe(ParseResult.Command);
        keep(request, tree!.ToString());
    }

    public override MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now) => Store.TryMerge(bytes, Wall(now));

    public override bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta) =>
        Store.RemoveExpired(Wall(now), most, delta);

    /// <summary>What a reader of this machine alone is shown.</summary>
    public string Show(string command)
    {
        var (reply, delta) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        Execute(Payload(command), default, reply, delta).ShouldBeFalse();
        RespReplyReader.TryRead(reply.WrittenSpan, out _, out var tree).ShouldBe(ParseResult.Command);
        return tree!.ToString();
    }

    /// <summary>A line of words divided by blanks as an entry.</summary>
    public static byte[] Payload(string command)
    {
        var words = command.Split(' ').Select(Encoding.UTF8.GetBytes).ToArray();
        var buffer = words.SelectMany(w => w).ToArray();
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        var entry = Array.Empty<byte>();
        var length = EntryCodec.WriteCommand(ref entry, 0, 0, 2, new CommandArgs(buffer, ranges));
        return entry[..length];
    }

    private StepTime Wall(StepTime now) => now with { UnixMilliseconds = now.UnixMilliseconds + skew() + 1_000_000 };
}
