using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Quorate.Configuration;
using Quorate.Resp;
using Quorate.Server;

namespace Quorate.Commands;

/// <summary>A node did not do what this program asked of it; the message is one line.</summary>
internal sealed class CannotAskException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Asks a node over its port for clients, a connection for each question.</summary>
internal sealed class NodeClient
{
    private const int MostBytes = 64 * 1024 * 1024;
    private const int PauseMilliseconds = 100;

    /// <summary>Longer than a node itself waits for the control group.</summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(8);

    private readonly string _host;
    private readonly int _port;
    private readonly TimeSpan _patience;
    private readonly CancellationToken _stop;

    /// <param name="address">The node's address for clients, host:port.</param>
    /// <param name="stop">Ends a question that is under way.</param>
    /// <param name="patience">How long a question may take; without it eight seconds.</param>
    /// <exception cref="SettingException"><paramref name="address"/> is not an address.</exception>
    public NodeClient(string address, CancellationToken stop, TimeSpan? patience = null)
    {
        if (!Addresses.TryParse(address, out var host, out _port, out var why) || _port == 0)
            throw new SettingException($"--server is '{address}'; it must be a node's address for clients, e.g. "
                + $"127.0.0.1:7001 ({why ?? "port 0"})");
        (_host, Address, _patience, _stop) = (host, address, patience ?? DefaultPatience, stop);
    }

    public string Address { get; }

    public static Option<string> ServerOption() => new("--server")
    {
        Description = "A node's address for clients (127.0.0.1:7001).",
        DefaultValueFactory = _ => "127.0.0.1:7001",
    };

    /// <summary>Sends a command and returns its reply. Repeats it, as long as the patience lasts, when the node answers that it
    /// did not execute it for a reason that passes: a cluster between two leaders should not fail a person's command.</summary>
    /// <exception cref="CannotAskException">the node does not answer, or it answers with an error.</exception>
    public async Task<RespReply> AskAsync(params IReadOnlyList<string> words)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var reply = (await AskAllAsync([[.. words.Select(Encoding.UTF8.GetBytes)]]))[0];
            if (!reply.IsError) return reply;
            if (!WillPass(reply.Text) || Stopwatch.GetElapsedTime(began) > _patience || _stop.IsCancellationRequested)
                throw new CannotAskException($"{Address} answers: {reply.Text}");
            await Task.WhenAny(Task.Delay(PauseMilliseconds, _stop));
        }
    }

    /// <summary>As <see cref="AskAsync"/>, with a keyspace selected before; a line for each item, lists within it on one
    /// line.</summary>
    /// <exception cref="CannotAskException">the node does not answer, or one of its answers is an error.</exception>
    public async Task<IReadOnlyList<string>> LinesInAsync(string keyspace, IReadOnlyList<string> words)
    {
        var replies = await AskAllAsync([
            [.. new[] { "SELECT", keyspace }.Select(Encoding.UTF8.GetBytes)], [.. words.Select(Encoding.UTF8.GetBytes)]]);
        if (replies[^1].IsError) throw new CannotAskException($"{Address} answers: {replies[^1].Text}");
        return [.. replies[^1].Items.Select(i => i.Items.Count > 0 ? string.Join(' ', i.Items.Select(j => j.Text)) : i.Text)];
    }

    /// <summary>Sends commands on one connection, each when the one before is answered, and stops behind the first answer that
    /// is an error.</summary>
    /// <returns>The replies; fewer than commands when one was an error.</returns>
    /// <exception cref="CannotAskException">the node does not answer; it may or may not have executed the last command
    /// sent.</exception>
    public async Task<IReadOnlyList<RespReply>> AskAllAsync(IReadOnlyList<IReadOnlyList<byte[]>> commands)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        patience.CancelAfter(_patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_host, _port, patience.Token);
            var stream = client.GetStream();
            var replies = new List<RespReply>();
            foreach (var command in commands)
            {
                await stream.WriteAsync(Encode(command), patience.Token);
                replies.Add(await ReadAsync(stream, patience.Token));
                if (replies[^1].IsError) break;
            }

            return replies;
        }
        catch (SocketException e)
        {
            throw new CannotAskException($"no server at {Address}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new CannotAskException($"{Address} closed the connection: {e.Message}", e);
        }
        catch (OperationCanceledException e)
        {
            throw new CannotAskException($"{Address} does not answer within {_patience.TotalSeconds} s", e);
        }
    }

    /// <summary>As <see cref="AskAsync"/>, for replies that are text: a line for each of its lines or items.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync(params IReadOnlyList<string> words)
    {
        var reply = await AskAsync(words);
        return reply.Kind == ReplyKind.Array ? [.. reply.Items.Select(i => i.Text)] : reply.Text.TrimEnd().Split('\n');
    }

    private async Task<RespReply> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        var received = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            if (length == received.Length)
            {
                if (length >= MostBytes) throw new CannotAskException($"{Address} answers with more than {MostBytes} bytes");
                Array.Resize(ref received, length * 2);
            }

            var read = await stream.ReadAsync(received.AsMemory(length), cancel);
            if (read == 0) throw new CannotAskException($"{Address} closed the connection without an answer");
            length += read;
            switch (RespReplyReader.TryRead(received.AsSpan(0, length), out _, out var reply))
            {
                case Resp.ParseResult.Command: return reply!;
                case Resp.ParseResult.Malformed:
                    throw new CannotAskException($"{Address} does not speak RESP: is this the "
                    + "port for clients?");
            }
        }
    }

    /// <summary>These codes promise that the command was not executed and will not be.</summary>
    private static bool WillPass(string error) => error.Split(' ')[0] is "TRYAGAIN" or "CLUSTERDOWN" or "LOADING";

    private static byte[] Encode(IReadOnlyList<byte[]> words)
    {
        using var bytes = new MemoryStream();
        bytes.Write(Encoding.ASCII.GetBytes($"*{words.Count}\r\n"));
        foreach (var word in words)
        {
            bytes.Write(Encoding.ASCII.GetBytes($"${word.Length}\r\n"));
            bytes.Write(word);
            bytes.Write("\r\n"u8);
        }

        return bytes.ToArray();
    }
}
