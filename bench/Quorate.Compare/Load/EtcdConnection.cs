using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Compare.Load;

/// <summary>
/// One gRPC connection to etcd, as thin as a load generator needs it to leave the processors to the servers: HTTP/2 with
/// prior knowledge, header blocks and protobuf messages encoded by hand. [RFC 9113, RFC 7541]
/// Flow control: we grant the server the largest window there is, and our own requests in flight (some kilobytes) stay far
/// below the 64 KiB that the server grants at first and renews every 16 KiB.
/// </summary>
internal sealed class EtcdConnection
{
    private const int FrameHeader = 9;
    private const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7;
    private const byte EndStream = 1, Acknowledge = 1, EndHeaders = 4;
    private const int LargestWindow = int.MaxValue;

    private readonly int _port;
    private readonly bool _isPut;
    private readonly int _keys;
    private readonly Random _dice;
    private readonly byte[] _value = new byte[64];
    private readonly Dictionary<int, long> _startedAt = [];
    private readonly HashSet<int> _withMessage = [];
    private readonly List<long> _latencies = [];
    private byte[] _output = new byte[16 * 1024];
    private int _outputLength;
    private int _nextStream = 1;

    public EtcdConnection(int port, bool isPut, int keys, int seed)
    {
        (_port, _isPut, _keys, _dice) = (port, isPut, keys, new Random(seed));
        Array.Fill(_value, (byte)'x');
    }

    /// <summary>Latencies of all requests, in <see cref="Stopwatch"/> ticks. Throws when any request fails.</summary>
    public async Task<List<long>> RunAsync(int requests, int inFlight, CancellationToken limit)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port), limit);
        AppendPreface();
        for (var i = 0; i < Math.Min(inFlight, requests); i++) AppendRequest();
        await FlushAsync(socket, limit);

        var sent = Math.Min(inFlight, requests);
        var input = new byte[64 * 1024];
        var have = 0;
        while (_latencies.Count < requests)
        {
            var received = await socket.ReceiveAsync(input.AsMemory(have), limit);
            if (received == 0) throw new IOException("etcd closed the connection");
            have += received;
            var before = _latencies.Count;
            var used = HandleFrames(input.AsSpan(0, have));
            input.AsSpan(used, have - used).CopyTo(input);
            have -= used;
            for (var done = _latencies.Count - before; done > 0 && sent < requests; done--, sent++) AppendRequest();
            await FlushAsync(socket, limit);
        }

        return _latencies;
    }

    private int HandleFrames(ReadOnlySpan<byte> input)
    {
        var used = 0;
        while (input.Length - used >= FrameHeader)
        {
            var frame = input[used..];
            var length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
            if (frame.Length < FrameHeader + length) break;
            HandleFrame(
                frame[3], frame[4], BinaryPrimitives.ReadInt32BigEndian(frame[5..]) & int.MaxValue,
                frame.Slice(FrameHeader, length));
            used += FrameHeader + length;
        }

        return used;
    }

    private void HandleFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Data:
                _withMessage.Add(stream);
                break;

            // An answer is data and then trailers; an error has trailers only.
            case Headers when (flags & EndStream) != 0:
                if (!_withMessage.Remove(stream)) throw new IOException("etcd answered with an error");
                _startedAt.Remove(stream, out var startedAt);
                _latencies.Add(Stopwatch.GetTimestamp() - startedAt);
                break;
            case Settings when (flags & Acknowledge) == 0:
                AppendFrame(Settings, Acknowledge, 0, []);
                break;
            case Ping when (flags & Acknowledge) == 0:
                AppendFrame(Ping, Acknowledge, 0, payload);
                break;
            case ResetStream or GoAway:
                throw new IOException($"etcd ended {(type == GoAway ? "the connection" : "a request")}");
        }
    }

    private void AppendPreface()
    {
        Append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> settings = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 4); // SETTINGS_INITIAL_WINDOW_SIZE
        BinaryPrimitives.WriteInt32BigEndian(settings[2..], LargestWindow);
        AppendFrame(Settings, 0, 0, settings);
        Span<byte> increment = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(increment, LargestWindow - 65_535);
        AppendFrame(8, 0, 0, increment); // WINDOW_UPDATE of the connection
    }

    private void AppendRequest()
    {
        var stream = _nextStream;
        _nextStream += 2;
        Span<byte> block = stackalloc byte[256];
        AppendFrame(Headers, EndHeaders, stream, block[..WriteHeaderBlock(block, isFirst: stream == 1)]);

        Span<byte> message = stackalloc byte[5 + 2 + 16 + 2 + 64];
        var at = 5;
        message[at++] = 0x0A; // field 1, bytes: the key, of PutRequest and of RangeRequest
        message[at++] = 16;
        Encoding.ASCII.GetBytes($"key:{_dice.Next(_keys):D12}", message[at..]);
        at += 16;
        if (_isPut)
        {
            message[at++] = 0x12; // field 2, bytes: PutRequest's value
            message[at++] = 64;
            _value.CopyTo(message[at..]);
            at += 64;
        }

        message[0] = 0; // not compressed
        BinaryPrimitives.WriteInt32BigEndian(message[1..], at - 5);
        _startedAt.Add(stream, Stopwatch.GetTimestamp());
        AppendFrame(Data, EndStream, stream, message[..at]);
    }

    /// <summary>The first block puts its headers into the server's table, all later ones name them in one byte each.</summary>
    private int WriteHeaderBlock(Span<byte> block, bool isFirst)
    {
        block[0] = 0x83; // :method POST
        block[1] = 0x86; // :scheme http
        if (!isFirst)
        {
            for (var i = 0; i < 4; i++) block[2 + i] = (byte)(0x80 | (65 - i));
            return 6;
        }

        var at = 2;
        at += Literal(block[at..], 4, _isPut ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range"); // :path, will be 65
        at += Literal(block[at..], 1, "127.0.0.1"); // :authority, 64
        at += Literal(block[at..], 31, "application/grpc"); // content-type, 63
        block[at++] = 0x40; // a new name, 62
        at += Text(block[at..], "te");
        return at + Text(block[at..], "trailers");

        static int Literal(Span<byte> target, byte nameIndex, string value)
        {
            target[0] = (byte)(0x40 | nameIndex);
            return 1 + Text(target[1..], value);
        }

        static int Text(Span<byte> target, string value)
        {
            target[0] = (byte)value.Length;
            return 1 + Encoding.ASCII.GetBytes(value, target[1..]);
        }
    }

    private void AppendFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[FrameHeader];
        BinaryPrimitives.WriteInt32BigEndian(header, payload.Length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        Append(header);
        Append(payload);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_outputLength + bytes.Length > _output.Length)
            Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputLength + bytes.Length));
        bytes.CopyTo(_output.AsSpan(_outputLength));
        _outputLength += bytes.Length;
    }

    private async ValueTask FlushAsync(Socket socket, CancellationToken limit)
    {
        for (var sent = 0; sent < _outputLength;)
            sent += await socket.SendAsync(_output.AsMemory(sent, _outputLength - sent), limit);
        _outputLength = 0;
    }
}
