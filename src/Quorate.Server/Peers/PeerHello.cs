using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;

namespace Quorate.Server.Peers;

/// <summary>
/// What a node says first on a connection to a peer, so that a connection between the wrong two is refused before any
/// message: <c>[u32 length]["QRPH"][u16 version][i32 from][i32 to][u64 cluster][u16 n][RESP address, n bytes][u16 m][peer
/// address, m bytes]</c>, little-endian, the length counting what follows it.
/// </summary>
/// <param name="Cluster">Fingerprint of the founders' names: nodes of different clusters must not talk.</param>
/// <param name="RespAddress">Where clients reach the sender; may be empty.</param>
/// <param name="PeerAddress">Where peers reach the sender; may be empty.</param>
internal sealed record PeerHello(NodeId From, NodeId To, ulong Cluster, string RespAddress, string PeerAddress)
{
    public const int Version = 3;
    public const int MaxBytes = 1024;

    private const int FixedBytes = 4 + 2 + 4 + 4 + 8 + 2;

    public byte[] Encode()
    {
        var address = Encoding.UTF8.GetBytes(RespAddress);
        var peer = Encoding.UTF8.GetBytes(PeerAddress);
        var bytes = new byte[4 + FixedBytes + address.Length + 2 + peer.Length];
        var span = bytes.AsSpan();
        BinaryPrimitives.WriteInt32LittleEndian(span, bytes.Length - 4);
        "QRPH"u8.CopyTo(span[4..]);
        BinaryPrimitives.WriteUInt16LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(span[10..], From.Value);
        BinaryPrimitives.WriteInt32LittleEndian(span[14..], To.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[18..], Cluster);
        BinaryPrimitives.WriteUInt16LittleEndian(span[26..], (ushort)address.Length);
        address.CopyTo(span[28..]);
        BinaryPrimitives.WriteUInt16LittleEndian(span[(28 + address.Length)..], (ushort)peer.Length);
        peer.CopyTo(span[(30 + address.Length)..]);
        return bytes;
    }

    /// <summary>Reads a hello without its length. False with the reason for the log.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> frame, out PeerHello? hello, out string why)
    {
        hello = null;
        if (frame.Length < 6 || !frame.StartsWith("QRPH"u8))
        {
            why = "it does not speak the peers' protocol";
            return false;
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        if (version != Version)
        {
            why = $"it speaks version {version} of the peers' protocol, this node speaks {Version}";
            return false;
        }

        why = "its hello is damaged";
        if (frame.Length < FixedBytes + 2) return false;
        var end = FixedBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame[22..]);
        if (frame.Length < end + 2 || frame.Length != end + 2 + BinaryPrimitives.ReadUInt16LittleEndian(frame[end..]))
            return false;
        why = "";
        hello = new PeerHello(
            new NodeId(BinaryPrimitives.ReadInt32LittleEndian(frame[6..])),
            new NodeId(BinaryPrimitives.ReadInt32LittleEndian(frame[10..])),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[14..]),
            Encoding.UTF8.GetString(frame[FixedBytes..end]),
            Encoding.UTF8.GetString(frame[(end + 2)..]));
        return true;
    }

    /// <summary>What a removed node is told, for ever.</summary>
    public static string Removed(NodeId node) =>
        $"{node} was removed from the cluster and cannot come back as what it was; to come back as a new node, empty its "
            + $"folder and start it with --join";

    /// <summary>Whether the node <paramref name="self"/> of the cluster takes this connection. If not, why.</summary>
    public bool IsFor(NodeId self, ulong cluster, IReadOnlyCollection<NodeId> members, out string why)
    {
        why = Cluster != cluster ? "it belongs to another cluster (the names in --cluster differ)"
            : To != self ? $"it looks for {To}, this node is {self} (check the addresses in --cluster)"
            : From == self ? $"it says it is {self}, as this node is (two nodes were started with the same --node)"
            : !members.Contains(From) ? $"{From} is not a member"
            : "";
        return why.Length == 0;
    }
}
