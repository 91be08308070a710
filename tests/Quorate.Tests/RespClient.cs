using System.Net.Sockets;
using System.Text;
using Quorate.Resp;

namespace Quorate.Tests;

/// <summary>A client as simple as can be: sends bytes, reads replies.</summary>
internal sealed class RespClient : IDisposable
{
    /// <summary>How errors begin that promise that nothing was done: a client asks again.</summary>
    internal static readonly string[] Refusals = ["TRYAGAIN", "CLUSTERDOWN", "LOADING", "NOREPLICAS", "MASTERDOWN", "READONLY"];

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

    /// <summary>Sends one command and reads its reply, as a client does on a machine where nodes sometimes have to wait so long
    /// for a processor that they elect another leader: a command that was certainly not executed is sent again, and so is one of
    /// unknown outcome that does no harm when it is executed twice.</summary>
    public async Task<string> AskAsync(params string[] words) => (await DoAsync(words)).ToString();

    /// <inheritdoc cref="AskAsync"/>
    public async Task<RespReply> DoAsync(params string[] words)
    {
        RespReply? reply = null;
        await Never.UntilAsync(
            async () =>
            {
                await SendAsync(Command(words));
                reply = (await ReadAsync())!;
                return !IsRefusal(reply) && !(IsUncertain(reply) && MayBeRepeated(words[0]));
            },
            () => $"an answer to {words[0]} that is more than {reply}");
        return reply!;
    }

    /// <summary>Nothing was done, and later it may be.</summary>
    public static bool IsRefusal(RespReply reply) => reply.IsError && IsRefusal(reply.Text);

    /// <summary>Something may have been done, or will be.</summary>
    public static bool IsUncertain(RespReply reply) => reply.IsError && IsUncertain(reply.Text);

    /// <summary>An error's text says one of both.</summary>
    public static bool IsTemporary(string error) => IsRefusal(error) || IsUncertain(error);

    /// <summary>The next reply; null when the server has closed the connection.</summary>
    public async Task<RespReply?> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Never.Bound);
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

    private static bool IsRefusal(string error) => Refusals.Any(r => error.StartsWith(r, StringComparison.Ordinal));

    private static bool IsUncertain(string error) => error.StartsWith("UNCERTAIN", StringComparison.Ordinal);

    private static bool MayBeRepeated(string command) =>
        command is "SET" or "GET" or "SELECT" or "HGETALL" or "SCARD" or "SIBLINGS" or "CONFLICTS" or "INFO" or "NODE" or "PING";

    public static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(w => $"${w.Length}\r\n{w}\r\n"));
}
