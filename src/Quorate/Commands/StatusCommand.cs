using System.CommandLine;
using System.Net.Sockets;
using Quorate.Configuration;
using Quorate.Resp;
using Quorate.Server;

namespace Quorate.Commands;

/// <summary><c>quorate status</c>: asks a node over its clients' port how it is.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var server = new Option<string>("--server")
        {
            Description = "A node's address for clients.",
            DefaultValueFactory = _ => "127.0.0.1:7001",
        };
        var command = new Command("status", "Shows nodes, roles, term, commit and applied index, and the followers' lag.") { server };
        command.SetAction(async (parsed, _) =>
        {
            var address = parsed.GetValue(server)!;
            if (!Addresses.TryParse(address, out var host, out var port, out var why) || port == 0)
                throw new SettingException($"--server is '{address}'; it must be a node's address for clients, e.g. 127.0.0.1:7001 ({why ?? "port 0"})");
            var reply = await AskAsync(host, port, address, stop);
            if (reply.IsError) throw new CannotStartException($"{address} answers: {reply.Text}");
            await output.WriteLineAsync(reply.Text.TrimEnd());
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<RespReply> AskAsync(string host, int port, string address, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, patience.Token);
            var stream = client.GetStream();
            await stream.WriteAsync("*2\r\n$7\r\nQUORATE\r\n$6\r\nSTATUS\r\n"u8.ToArray(), patience.Token);
            var received = new byte[1024 * 1024];
            var length = 0;
            while (length < received.Length)
            {
                var read = await stream.ReadAsync(received.AsMemory(length), patience.Token);
                if (read == 0) break;
                length += read;
                switch (RespReplyReader.TryRead(received.AsSpan(0, length), out _, out var reply))
                {
                    case Resp.ParseResult.Command: return reply!;
                    case Resp.ParseResult.Malformed: throw new CannotStartException($"{address} does not speak RESP: is this the port for clients?");
                }
            }

            throw new CannotStartException($"{address} closed the connection without an answer");
        }
        catch (SocketException e)
        {
            throw new CannotStartException($"no server at {address}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new CannotStartException($"{address} closed the connection: {e.Message}", e);
        }
        catch (OperationCanceledException e)
        {
            throw new CannotStartException($"{address} does not answer within {Patience.TotalSeconds} s", e);
        }
    }
}
