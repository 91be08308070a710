using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Load;

/// <summary>Writes each key of a range once, in order, as fast as one connection takes it.</summary>
internal static class BulkLoader
{
    private const int Batch = 5_000;
    private const int DigitCount = 12;

    private static readonly byte[] Ok = "+OK\r\n"u8.ToArray();

    /// <summary>SET key:000000000000 … with values of that length; the keys are those that redis-benchmark draws from.</summary>
    /// <param name="node">Index of the process that gets them; null: the leader.</param>
    /// <param name="database">The number of the database or keyspace.</param>
    public static void Fill(ServerCluster cluster, int keys, int valueLength = 64, int? node = null, int database = 0)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = 60_000,
            SendTimeout = 60_000,
        };
        socket.Connect(new IPEndPoint(IPAddress.Loopback, cluster.Ports[node ?? cluster.RequireLeader()]));
        Select(socket, database);
        var command = System.Text.Encoding.ASCII.GetBytes(
            $"*3\r\n$3\r\nSET\r\n$16\r\nkey:{new string('0', DigitCount)}\r\n${valueLength}\r\n{new string('x', valueLength)}\r\n");
        var digits = command.AsSpan().IndexOf("key:"u8) + 4;
        var output = new byte[command.Length * Batch];
        for (var i = 0; i < Batch; i++) command.CopyTo(output, i * command.Length);
        var input = new byte[Ok.Length * Batch];
        for (var first = 0; first < keys; first += Batch)
        {
            var count = Math.Min(Batch, keys - first);
            for (var i = 0; i < count; i++)
                Utf8Formatter.TryFormat(
                    first + i, output.AsSpan((i * command.Length) + digits, DigitCount), out _, new('D', DigitCount));
            for (var sent = 0; sent < count * command.Length;)
                sent += socket.Send(output, sent, (count * command.Length) - sent, SocketFlags.None);
            for (var read = 0; read < count * Ok.Length;)
            {
                var got = socket.Receive(input, read, (count * Ok.Length) - read, SocketFlags.None);
                if (got == 0) throw new InvalidOperationException($"{cluster.Name} closed the connection");
                read += got;
                if (input[0] != (byte)'+')
                    throw new InvalidOperationException(
                        $"{cluster.Name}: {System.Text.Encoding.UTF8.GetString(input, 0, Math.Min(read, 200))}");
            }
        }
    }

    private static void Select(Socket socket, int database)
    {
        var number = database.ToString(System.Globalization.CultureInfo.InvariantCulture);
        socket.Send(System.Text.Encoding.ASCII.GetBytes($"*2\r\n$6\r\nSELECT\r\n${number.Length}\r\n{number}\r\n"));
        var reply = new byte[512];
        var length = 0;
        while (length < Ok.Length) length += socket.Receive(reply, length, reply.Length - length, SocketFlags.None);
        if (!reply.AsSpan(0, Ok.Length).SequenceEqual(Ok))
            throw new InvalidOperationException($"SELECT {number}: {System.Text.Encoding.UTF8.GetString(reply, 0, length)}");
    }
}
