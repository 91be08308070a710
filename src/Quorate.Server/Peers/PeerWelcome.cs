using System.Buffers.Binary;
using System.Text;

namespace Quorate.Server.Peers;

/// <summary>What becomes of a connection.</summary>
internal enum PeerVerdict : byte
{
    Refused = 0,
    Taken = 1,

    /// <summary>The asking node was removed from the cluster: it need not ask again.</summary>
    Removed = 2,
}

/// <summary>The answer to a <see cref="PeerHello"/>: <c>[u32 length][u8 verdict][text]</c>; the text is the answering node's RESP
/// address, or why the connection was refused.</summary>
internal static class PeerWelcome
{
    public const int MaxBytes = 1024;

    /// <param name="text">See above.</param>
    /// <param name="verdict">Taken, refused, or refused whenever it comes again.</param>
    public static byte[] Encode(string text, PeerVerdict verdict)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[5 + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 1 + content.Length);
        bytes[4] = (byte)verdict;
        content.CopyTo(bytes, 5);
        return bytes;
    }

    /// <summary>Reads a welcome without its length. False: it is none.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> frame, out PeerVerdict verdict, out string text)
    {
        verdict = PeerVerdict.Refused;
        text = "";
        if (frame.IsEmpty || frame[0] > (byte)PeerVerdict.Removed) return false;
        verdict = (PeerVerdict)frame[0];
        text = Encoding.UTF8.GetString(frame[1..]);
        return true;
    }
}
