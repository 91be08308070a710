using System.Buffers;
using System.Text;
using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;
using Quorate.Simulation.Workloads;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Merging;

/// <summary>
/// Stands between a replica and its contents and writes down what is executed there, and what that could see: so that afterwards
/// it can be said which values were replaced by a client that knew them and which were only concurrent.
/// </summary>
internal sealed class ContentsWatch(MergeRun run, NodeId node, MergingMachine machine) : IMergeMachine, IDeltaKeys
{
    private ArgRange[] _ranges = new ArgRange[16];

    public MergingMachine Machine => machine;

    public DotContext Seen => machine.Seen;

    public VersionVector Stable => machine.Stable;

    public bool Execute(ReadOnlySpan<byte> payload, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> delta)
    {
        if (!EntryCodec.TryRead(QuorumPrefix.TakeOff(payload, out _, out _), ref _ranges, out _, out var args)
            || KeyKinds.ReadOf(Text(args[1])) is not { } read
            || KeyKinds.IsRead(Text(args[0])))
            return machine.Execute(payload, now, reply, delta);
        var words = new string[args.Count];
        for (var i = 0; i < words.Length; i++) words[i] = Text(args[i]);
        var (before, seen, losses) = (Show(read, now), machine.Seen.Copy(), machine.Store.Losses.Total);
        var changed = machine.Execute(payload, now, reply, delta);
        var update = new Update
        {
            At = node,
            Stamp = run.World.NextStamp(),
            Words = words,
            Before = before,
            After = Show(read, now),
            Seen = seen,
            Dot = changed ? new Dot(node, machine.Seen.LastOf(node)) : Dot.None,
        };
        run.OnExecuted(update, machine.Store.Losses.Total - losses);
        return changed;
    }

    public void Keep(RequestId request, ReadOnlySpan<byte> reply) => machine.Keep(request, reply);

    public void Foresee(ReadOnlySpan<byte> delta) => machine.Foresee(delta);

    public MergeResult TryMerge(ReadOnlySpan<byte> bytes, StepTime now) => machine.TryMerge(bytes, now);

    public bool TryRecover(ReadOnlySpan<byte> bytes) => machine.TryRecover(bytes);

    public void RemembersAll() => machine.RemembersAll();

    public void BeginAnew(IBufferWriter<byte> record) => machine.BeginAnew(record);

    public bool TryAdopt(ReadOnlySpan<byte> summary) => machine.TryAdopt(summary);

    public void WriteSummary(IBufferWriter<byte> output) => machine.WriteSummary(output);

    public void WriteState(ReadOnlySpan<byte> key, IBufferWriter<byte> output) => machine.WriteState(key, output);

    public bool WriteStates(ref ulong from, int budgetBytes, IBufferWriter<byte> output) =>
        machine.WriteStates(ref from, budgetBytes, output);

    public ulong DigestOf(int level, int part) => machine.DigestOf(level, part);

    public ulong DigestOf(ReadOnlySpan<byte> key) => ((IMergeMachine)machine).DigestOf(key);

    public IEnumerable<(byte[] Key, ulong Digest)> KeysOf(int part) => machine.KeysOf(part);

    public void Collect(VersionVector stable, int budget = int.MaxValue) => machine.Collect(stable, budget);

    public bool RemoveExpired(StepTime now, int most, IBufferWriter<byte> delta) => machine.RemoveExpired(now, most, delta);

    public bool CloseGap(IBufferWriter<byte> delta, out DotRun gap) => machine.CloseGap(delta, out gap);

    public bool TryKeysOf(ReadOnlySpan<byte> bytes, ICollection<byte[]> keys) => machine.TryKeysOf(bytes, keys);

    private HashSet<string> Show(string[] read, StepTime now)
    {
        var entry = new byte[64];
        var length = EntryCodec.WriteCommand(ref entry, now.UnixMilliseconds, 0, 2, new CommandText(read).Args);
        var (reply, nothing) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        machine.Execute(entry.AsSpan(0, length), now, reply, nothing);
        Invariant.Require(ReplyText.TryTake(reply.WrittenSpan, out _, out var isError, out var text), "a reply is whole");
        return isError ? [] : KeyKinds.Values(read[1], text);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
