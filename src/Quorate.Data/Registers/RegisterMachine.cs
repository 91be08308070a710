using System.Buffers;
using System.Globalization;
using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Resp;

namespace Quorate.Data.Registers;

/// <summary>
/// The commands of one key as functions from one state to the next, for keyspaces that agree on each key by itself. They are
/// the very handlers that other keyspaces execute, on a table that holds nothing but the one register for the moment.
/// Time is the proposer's wall clock, and never before the register's last change. One caller at a time.
/// </summary>
public sealed class RegisterMachine : IRegisterMachine
{
    private readonly IReplyRouter _router;
    private readonly KeyspaceMachine _machine;
    private readonly CommandContext _context;
    private readonly RespWriter _reply = new();
    private ArgRange[] _ranges = new ArgRange[16];
    private byte[] _entry = new byte[256];

    /// <param name="router">where replies go that are kept</param>
    public RegisterMachine(IReplyRouter router)
    {
        _router = router;
        _machine = new KeyspaceMachine(RegisterTable.Functions, router);
        _context = new CommandContext(_machine, isRead: false);
    }

    /// <inheritdoc/>
    public bool TryKey(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> key)
    {
        key = default;
        if (!TryFunction(payload, out var spec, out _, out var args)) return false;
        if (RegisterTable.IsDivisible(spec) && (args.Count != 2 || spec.Name == "mget")) return false;
        key = args[1];
        return true;
    }

    /// <inheritdoc/>
    public int CountParts(ReadOnlySpan<byte> payload, IBufferWriter<byte> refusal)
    {
        _reply.Clear();
        if (!EntryCodec.TryRead(payload, ref _ranges, out var header, out var args) || header.Kind == KeyspaceEntryKind.Clock)
        {
            _reply.Error("ERR this is no command for a keyspace that agrees on each key by itself");
        }
        else
        {
            _reply.Protocol = header.Protocol;
            var spec = RegisterTable.All.Resolve(args, _reply);
            if (spec is not null && header.Database != 0) _reply.Error(Errors.DatabaseOutOfRange);
            else if (spec is not null && RegisterTable.IsDivisible(spec)) return args.Count - 1;
            else if (spec is not null) _reply.Error(Refusals.Of(KeyspaceKind.Agreed, spec.Name));
        }

        refusal.Write(_reply.Written.Span);
        return 0;
    }

    /// <inheritdoc/>
    /// <exception cref="InvariantViolation">when the payload has no such part.</exception>
    public void WritePart(ReadOnlySpan<byte> payload, int part, IBufferWriter<byte> output)
    {
        Invariant.Require(TryFunction(payload, out var spec, out var header, out var args), "what has parts is a function");
        ReadOnlySpan<byte> name = spec.Name == "mget" ? "get"u8 : args.Name;
        var key = args[part + 1];
        byte[] words = [.. name, .. key];
        ReadOnlySpan<ArgRange> ranges = [new ArgRange(0, name.Length), new ArgRange(name.Length, key.Length)];
        var length = EntryCodec.WriteCommand(ref _entry, header.Stamp, header.Database, header.Protocol,
            new CommandArgs(words, ranges));
        output.Write(_entry.AsSpan(0, length));
    }

    /// <inheritdoc/>
    public void Join(ReadOnlySpan<byte> payload, IReadOnlyList<byte[]> replies, IBufferWriter<byte> reply)
    {
        Invariant.Require(TryFunction(payload, out var spec, out var header, out _), "what has parts is a function");
        _reply.Clear();
        _reply.Protocol = header.Protocol;
        if (spec.Name == "mget")
        {
            _reply.Array(replies.Count);
            foreach (var part in replies) _reply.Raw(part);
        }
        else
        {
            long sum = 0;
            foreach (var part in replies) sum += long.Parse(part.AsSpan(1..^2), CultureInfo.InvariantCulture);
            _reply.Integer(sum);
        }

        reply.Write(_reply.Written.Span);
    }

    /// <inheritdoc/>
    public ChangeKind Change(
        ReadOnlySpan<byte> payload, ReadOnlySpan<byte> state, StepTime now, IBufferWriter<byte> reply,
        IBufferWriter<byte> newState)
    {
        if (payload.IsEmpty) return IsDue(state, now) ? ChangeKind.Changed : ChangeKind.Unchanged;
        _reply.Clear();
        if (!TryFunction(payload, out var spec, out var header, out var args))
        {
            _reply.Error("ERR this is no command for a keyspace that agrees on each key by itself");
            reply.Write(_reply.Written.Span);
            return ChangeKind.Refused;
        }

        var old = default(RegisterState);
        Invariant.Require(state.IsEmpty || RegisterState.TryRead(state, out old), "a register holds a state");
        var clock = Math.Max(now.UnixMilliseconds, old.Stamp);
        var key = args[1];
        Load(key, state.IsEmpty, old);
        _reply.Protocol = header.Protocol;
        _context.Reply = _reply;
        _context.NowMilliseconds = _context.WallMilliseconds = clock;
        spec.Handler!(_context, args);
        reply.Write(_reply.Written.Span);
        return Unload(key, state.IsEmpty, old, clock, newState) ? ChangeKind.Changed : ChangeKind.Unchanged;
    }

    /// <inheritdoc/>
    public bool IsDue(ReadOnlySpan<byte> state, StepTime now) =>
        RegisterState.TryRead(state, out var held) && held.Expiry >= 0 && now.UnixMilliseconds > held.Expiry;

    /// <inheritdoc/>
    public void Keep(RequestId request, ReadOnlySpan<byte> reply)
    {
        if (_router.BeginEarly(request) is not { } waiting) return;
        waiting.Raw(reply);
        _router.EndEarly(request);
    }

    private bool TryFunction(ReadOnlySpan<byte> payload, out CommandSpec spec, out EntryHeader header, out CommandArgs args)
    {
        spec = null!;
        return EntryCodec.TryRead(payload, ref _ranges, out header, out args) && header.Kind != KeyspaceEntryKind.Clock
            && header.Database == 0
            && RegisterTable.Functions.TryFind(args.Name, out spec) && spec.AcceptsCount(args.Count);
    }

    private void Load(ReadOnlySpan<byte> key, bool isAbsent, in RegisterState state)
    {
        if (isAbsent) return;
        var store = _context.Store;
        var row = store.Insert(key, KeyHash.Of(key), state.Value.Length, state.Form, default, out var bytes);
        state.Value.CopyTo(bytes);
        if (state.Expiry >= 0) store.SetExpiry(row, state.Expiry, default);
    }

    /// <returns>True when it is another state than before.</returns>
    private bool Unload(ReadOnlySpan<byte> key, bool wasAbsent, in RegisterState old, long clock, IBufferWriter<byte> newState)
    {
        var store = _context.Store;
        var row = store.Find(key, KeyHash.Of(key), out var mark);
        if (row == 0) return !wasAbsent;
        var state = new RegisterState
        {
            Form = mark.Form,
            Stamp = clock,
            Expiry = store.ExpiryOf(row),
            Value = store.BytesOf(row),
        };
        var isSame = !wasAbsent && state.Form == old.Form && state.Expiry == old.Expiry && state.Value.SequenceEqual(old.Value);
        if (!isSame) state.Write(newState);
        store.Remove(row, KeyChange.Removed);
        return !isSame;
    }
}
