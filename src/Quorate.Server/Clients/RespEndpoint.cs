using Microsoft.AspNetCore.Connections;
using Quorate.Server.Turns;

namespace Quorate.Server.Clients;

/// <summary>Takes clients' connections, up to a number.</summary>
internal sealed class RespEndpoint(NodeLoop loop, ClientLimits limits, ClientCounters counters) : ConnectionHandler
{
    private readonly HashSet<RespConnection> _connections = []; // under the node's lock

    public int ConnectionCount
    {
        get
        {
            lock (loop.Gate) return _connections.Count;
        }
    }

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var client = new RespConnection(loop, connection, limits, counters);
        bool isTaken;
        lock (loop.Gate)
        {
            isTaken = _connections.Count < limits.MaxClients;
            if (isTaken) _connections.Add(client);
            counters.Connected = _connections.Count;
            if (isTaken)
            {
                counters.Accepted++;
            }
            else
            {
                counters.Refused++;
                loop.Node.Statistics.ConnectionsRejected++;
            }
        }

        if (!isTaken)
        {
            await connection.Transport.Output.WriteAsync("-ERR max number of clients reached\r\n"u8.ToArray());
            return;
        }

        try
        {
            await client.RunAsync();
        }
        finally
        {
            lock (loop.Gate)
            {
                _connections.Remove(client);
                counters.Connected = _connections.Count;
            }
        }
    }

    /// <summary>Ends all connections.</summary>
    public void AbortAll()
    {
        RespConnection[] all;
        lock (loop.Gate) all = [.. _connections];
        foreach (var client in all) client.Abort();
    }
}
