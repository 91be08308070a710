using System.Net.Sockets;
using System.Text;
using Quorate.Resp;

namespace Quorate.Tests;

/// <summary>A client as simple as can be: sends bytes, reads replies.</summary>
internal sealed class RespClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private byte[] _received = new byte[4096];
    private int _length;

    private RespClient(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public Socket Socket => _client.Client;

    public static async Task<RespClient> ConnectAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        return new RespClient(client);
    }

    public async Task SendAsync(string bytes) => await SendAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Sends one command and reads its reply.</summary>
    public async Task<string> AskAsync(params string[] words)
    {
        await SendAsync(Command(words));
        return (await ReadAsync())!.ToString();
    }

    /// <summary>The next reply; null when the server has closed the connection.</summary>
    public async Task<RespReply?> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var result = RespReplyReader.TryRead(_received.AsSpan(0, _length), out var consumed, out var reply);
            if (result == ParseResult.Malformed) throw new InvalidOperationException("the server does not speak RESP");
            if (result == ParseResult.Command)
            {
                _received.AsSpan(consumed, _length - consumed).CopyTo(_received);
                _length -= consumed;
                return reply;
            }

            if (_length == _received.Length) Array.Resize(ref _received, _length * 2);
            try
            {
                var read = await _stream.ReadAsync(_received.AsMemory(_length), patience.Token);
                if (read == 0) return null;
                _length += read;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    public void Dispose() => _client.Dispose();

    public static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(w => $"${w.Length}\r\n{w}\r\n"));
}
