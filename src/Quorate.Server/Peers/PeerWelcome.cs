using System.Buffers.Binary;
using System.Text;

namespace Quorate.Server.Peers;

/// <summary>The answer to a <see cref="PeerHello"/>: <c>[u32 length][u8 taken][text]</c>; the text is the answering node's RESP
/// address, or why the connection was refused.</summary>
internal static class PeerWelcome
{
    public const int MaxBytes = 1024;

    public static byte[] Encode(string text, bool isTaken)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[5 + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 1 + content.Length);
        bytes[4] = isTaken ? (byte)1 : (byte)0;
        content.CopyTo(bytes, 5);
        return bytes;
    }

    /// <summary>Reads a welcome without its length. False: it is none.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> frame, out bool isTaken, out string text)
    {
        isTaken = false;
        text = "";
        if (frame.IsEmpty || frame[0] > 1) return false;
        isTaken = frame[0] == 1;
        text = Encoding.UTF8.GetString(frame[1..]);
        return true;
    }
}
