using System.Buffers;
using System.Text;
using Quorate.Data;
using Quorate.Data.Registers;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>The real machine of registers, with commands as text, as in "INCR x", and replies as text.</summary>
internal sealed class TextMachine : IRegisterMachine, IReplyRouter
{
    private readonly RegisterMachine _machine;
    private readonly Action<RequestId, string> _onReply;
    private readonly RespWriter _reply = new();
    private byte[] _entry = [];

    public TextMachine(Action<RequestId, string> onReply)
    {
        _machine = new RegisterMachine(this);
        _onReply = onReply;
    }

    /// <summary>How often a function was evaluated.</summary>
    public int Evaluated { get; private set; }

    public bool TryKey(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> key) => _machine.TryKey(Entry(payload), out key);

    public int CountParts(ReadOnlySpan<byte> payload, IBufferWriter<byte> refusal) =>
        _machine.CountParts(Entry(payload), refusal);

    public void WritePart(ReadOnlySpan<byte> payload, int part, IBufferWriter<byte> output)
    {
        var words = Encoding.UTF8.GetString(payload).Split(' ');
        output.Write(Encoding.UTF8.GetBytes($"{(words[0] == "MGET" ? "GET" : words[0])} {words[part + 1]}"));
    }

    public void Join(ReadOnlySpan<byte> payload, IReadOnlyList<byte[]> replies, IBufferWriter<byte> reply) =>
        _machine.Join(Entry(payload), replies, reply);

    public ChangeKind Change(
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> state, StepTime now, IBufferWriter<byte> reply, IBufferWriter<byte> newState)
    {
        Evaluated++;
        return _machine.Change(payload.IsEmpty ? payload : Entry(payload), state, now, reply, newState);
    }

    public bool IsDue(ReadOnlySpan<byte> state, StepTime now) => _machine.IsDue(state, now);

    public void Keep(RequestId request, ReadOnlySpan<byte> reply) => _onReply(request, Show(reply));

    /// <summary>Whether the command is a read, as the node would find.</summary>
    public static bool IsRead(string text) =>
        text.Split(' ')[0] is "GET" or "STRLEN" or "TTL" or "PTTL" or "EXISTS" or "MGET" or "TYPE" or "GETRANGE";

    RespWriter? IReplyRouter.Begin(RequestId request) => null;

    void IReplyRouter.End(RequestId request)
    {
    }

    RespWriter? IReplyRouter.BeginEarly(RequestId request) => _reply;

    void IReplyRouter.EndEarly(RequestId request)
    {
    }

    bool IReplyRouter.IsEarly(long session, long sequence) => false;

    private static string Show(ReadOnlySpan<byte> reply)
    {
        var lines = Encoding.UTF8.GetString(reply).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var shown = new List<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] == "$-1") shown.Add("nil");
            else if (lines[i][0] == '$') shown.Add(lines[i] == "$0" ? "" : lines[++i]);
            else if (lines[i][0] is '+' or ':') shown.Add(lines[i][1..]);
            else if (lines[i][0] == '-') shown.Add(lines[i]);
        }

        return string.Join(' ', shown);
    }

    private ReadOnlySpan<byte> Entry(ReadOnlySpan<byte> payload)
    {
        var ranges = new List<ArgRange>();
        var start = 0;
        for (var i = 0; i <= payload.Length; i++)
        {
            if (i < payload.Length && payload[i] != ' ') continue;
            ranges.Add(new ArgRange(start, i - start));
            start = i + 1;
        }

        var length = EntryCodec.WriteCommand(ref _entry, 0, 0, 2, new CommandArgs(payload, ranges.ToArray()));
        return _entry.AsSpan(0, length);
    }
}
