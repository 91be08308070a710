using System.Buffers;
using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests;

/// <summary>A machine with a log of its own: commands in, raw replies out.</summary>
internal sealed class Keyspace : IReplyRouter
{
    private static readonly CommandTable Shipped = new(CommandTable.Keyspace);

    private readonly CommandTable _table;

    private readonly RespWriter _reply = new();
    private byte[] _entry = [];
    private long _index;

    /// <param name="types">other than those that are shipped</param>
    /// <param name="makeStore">other than in memory</param>
    public Keyspace(DataTypes? types = null, Func<IKeyStore>? makeStore = null)
    {
        _table = types is null ? Shipped
            : new CommandTable([.. CommandTable.Keyspace, .. types.Commands.Except(CommandTable.Keyspace)]);
        Machine = new KeyspaceMachine(_table, this, types, makeStore);
    }

    public KeyspaceMachine Machine { get; }

    public long Now { get; set; } = 1_700_000_000_000;

    public long? Wall { get; set; }

    public int Database { get; set; }

    public int Protocol { get; set; } = 2;

    public bool ClockBehind { get; private set; }

    /// <summary>Set: entries are executed for their effects, and this holds the last one.</summary>
    public ArrayBufferWriter<byte>? Effect { get; set; }

    /// <summary>The last entry applied.</summary>
    public ReadOnlyMemory<byte> Entry { get; private set; }

    public RespWriter? Begin(RequestId request)
    {
        _reply.Clear();
        return _reply;
    }

    public void End(RequestId request)
    {
    }

    public RespWriter? BeginEarly(RequestId request) => Begin(request);

    public void EndEarly(RequestId request)
    {
    }

    public bool IsEarly(long session, long sequence) => false;

    /// <summary>Executes a line of words divided by blanks.</summary>
    public string Do(string line) => Do(line.Split(' '));

    public string Do(params string[] words) => Text(Do([.. words.Select(Bytes)]));

    public byte[] Do(byte[][] words)
    {
        var buffer = Pack(words, out var ranges);
        var args = new CommandArgs(buffer, ranges);
        _reply.Clear();
        _reply.Protocol = Protocol;
        var spec = _table.Resolve(args, _reply);
        if (spec is null) return _reply.Written.ToArray();
        if (spec.Route == CommandRoute.Read)
        {
            Machine.ExecuteRead(spec, Database, args, _reply, Wall ?? Now, out var behind);
            ClockBehind = behind;
            return _reply.Written.ToArray();
        }

        ApplyEntry(EntryCodec.WriteCommand(ref _entry, Now, Database, Protocol, args));
        return _reply.Written.ToArray();
    }

    public string DoOnce(long session, long sequence, long lowest, string line)
    {
        var buffer = Pack([.. line.Split(' ').Select(Bytes)], out var ranges);
        ApplyEntry(EntryCodec.WriteSessionCommand(
            ref _entry, Now, Database, Protocol, session, sequence, lowest, new CommandArgs(buffer, ranges)));
        return Text(_reply.Written.Span);
    }

    public void Tick() => ApplyEntry(EntryCodec.WriteClock(ref _entry, Now));

    public void Apply(ReadOnlySpan<byte> payload) => Machine.Apply(Machine.LastApplied.Next, payload, default);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Pack(byte[][] words, out ArgRange[] ranges)
    {
        ranges = new ArgRange[words.Length];
        var at = 0;
        for (var i = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        return [.. words.SelectMany(w => w)];
    }

    private void ApplyEntry(int length)
    {
        Entry = _entry.AsMemory(0, length).ToArray();
        _index = Machine.LastApplied.Value + 1;
        if (Effect is null)
        {
            Machine.Apply(new LogIndex(_index), _entry.AsSpan(0, length), new RequestId(1));
            return;
        }

        Effect.ResetWrittenCount();
        Machine.Execute(new LogIndex(_index), _entry.AsSpan(0, length), new RequestId(1), Effect);
    }
}
