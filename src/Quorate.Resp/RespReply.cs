using System.Text;

namespace Quorate.Resp;

/// <summary>The types of RESP2 and RESP3, by the byte that announces them.</summary>
public enum ReplyKind : byte
{
    Simple = (byte)'+',
    Error = (byte)'-',
    Integer = (byte)':',
    Bulk = (byte)'$',
    Array = (byte)'*',
    Null = (byte)'_',
    Double = (byte)',',
    Boolean = (byte)'#',
    BigNumber = (byte)'(',
    BulkError = (byte)'!',
    Verbatim = (byte)'=',
    Map = (byte)'%',
    Set = (byte)'~',
    Push = (byte)'>',
}

/// <summary>A reply as a client sees it: a tree. Maps hold keys and values in turn.</summary>
public sealed record RespReply(ReplyKind Kind, ReadOnlyMemory<byte> Bytes, IReadOnlyList<RespReply> Items)
{
    public bool IsNull => Kind == ReplyKind.Null;

    public bool IsError => Kind is ReplyKind.Error or ReplyKind.BulkError;

    /// <summary>The text of a string, an error, a number or a boolean (t, f) as it was sent, as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>One line for people and for tests, e.g. <c>[1, OK, (null)]</c>.</summary>
    public override string ToString() => Kind switch
    {
        ReplyKind.Null => "(null)",
        ReplyKind.Error or ReplyKind.BulkError => $"-{Text}",
        ReplyKind.Array or ReplyKind.Set or ReplyKind.Push or ReplyKind.Map => $"[{string.Join(", ", Items)}]",
        _ => Text,
    };
}
