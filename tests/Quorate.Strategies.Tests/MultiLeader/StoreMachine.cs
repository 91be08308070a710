using System.Buffers;
using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>A <see cref="MergingStore"/> behind the seam: commands are lines of words divided by blanks, replies are kept as
/// text.</summary>
internal sealed class StoreMachine(NodeId self, long incarnation, Quorate.Replication.Crdt.MergeRules? rules = null)
    : StoreBacked(new MergingStore(
        new MergingStoreOptions
        {
            ExpiryGraceMilliseconds = 200,
            Rules = rules ?? Quorate.Replication.Crdt.MergeRules.Papers,
        },
        new DotSource(self, incarnation), new HybridClock(skewLimitMilliseconds: 1000))), IDeltaKeys
{
    private static readonly CommandTable Table = new(MergingTable.Keyspace);
    private readonly RespWriter _reply = new();

    /// <summary>Called when a reply is handed in to be kept.</summary>
    public Action<RequestId, string> OnKeep { get; set; } = (_, _) => { };

    public override bool Execute(ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta)
    {
        var words = Encoding.UTF8.GetString(payload).Split(' ').Select(Encoding.UTF8.GetBytes).ToArray();
        var ranges = new ArgRange[words.Length];
        var at = 0;
        for (var i = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        var args = new CommandArgs([.. words.SelectMany(w => w)], ranges);
        _reply.Clear();
        var changed = Table.Resolve(args, _reply) is { } spec && Store.Execute(spec, args, now, _reply, delta);
        reply.Write(_reply.Written.Span);
        return changed;
    }

    /// <summary>A command that only reads; its reply as text.</summary>
    public string Read(string line, StepTime now)
    {
        var (reply, delta) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        Execute(Encoding.UTF8.GetBytes(line), now, reply, delta).ShouldBeFalse();
        return Text(reply.WrittenSpan);
    }

    public override void Keep(RequestId request, ReadOnlySpan<byte> reply) => OnKeep(request, Text(reply));

    /// <summary>A canary's: true, and bytes of this length are not merged though the machine says so.</summary>
    public Func<int, bool>? Skips { get; set; }

    public override MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now) =>
        Skips?.Invoke(bytes.Length) == true ? new MergeResult(MergeKind.Merged) : Store.TryMerge(bytes, now);

    public bool TryKeysOf(ReadOnlySpan<byte> bytes, ICollection<byte[]> keys) => Store.TryKeysOf(bytes, keys);

    private static string Text(ReadOnlySpan<byte> reply)
    {
        RespReplyReader.TryRead(reply, out _, out var parsed).ShouldBe(ParseResult.Command);
        return parsed!.ToString();
    }
}
