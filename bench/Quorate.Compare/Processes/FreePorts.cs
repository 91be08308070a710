using System.Net;
using System.Net.Sockets;

namespace Quorate.Compare.Processes;

/// <summary>Loopback ports that nobody listens on at the moment of asking.</summary>
internal static class FreePorts
{
    /// <summary>All listeners are held open until the last is found, so that no port is given twice. The ports lie below
    /// the range from which the kernel gives outgoing connections theirs: a restarted server finds its port free.</summary>
    public static int[] Take(int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            while (listeners.Count < count)
            {
                var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(12_000, 32_000));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException)
                {
                    listener.Dispose();
                }
            }

            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }
}
