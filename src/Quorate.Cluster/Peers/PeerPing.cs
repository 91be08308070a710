using System.Buffers;
using Quorate.Replication;

namespace Quorate.Cluster.Peers;

/// <summary>Says only that the node lives; sent while groups of its are quiet.</summary>
internal sealed class PeerPing : Message
{
    public const ushort WireKind = 12;

    public static readonly PeerPing Instance = new();

    public override ushort Kind => WireKind;

    public override void Encode(IBufferWriter<byte> output)
    {
    }
}
