using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Quorate.Server.Turns;

/// <summary>
/// Calls back from the sockets' event loop after the other sockets that are ready now: a byte written to a socket of
/// one's own is seen in the loop's next round. That is how all requests that arrived together become one batch without
/// a timer and without another thread.
/// </summary>
internal sealed class TurnWaker : IDisposable
{
    private static readonly byte[] Byte = [1];

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly Action _onWake;

    public TurnWaker(Action onWake)
    {
        _onWake = onWake;
        (_sender, _receiver) = CreatePair();
        _receive.SetBuffer(new byte[64]);
        _receive.Completed += (_, _) => Listen(hasReceived: true);
    }

    public void Start() => Listen(hasReceived: false);

    /// <summary>Asks for one call. Callers see to it that few are under way at a time.</summary>
    public void Wake()
    {
        try
        {
            _sender.Send(Byte);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Stopping: nobody waits for a turn any more.
        }
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
        _receive.Dispose();
    }

    private void Listen(bool hasReceived)
    {
        try
        {
            while (true)
            {
                if (hasReceived)
                {
                    if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0) return;
                    _onWake();
                }

                if (_receiver.ReceiveAsync(_receive)) return;
                hasReceived = true;
            }
        }
        catch (ObjectDisposedException)
        {
            // Stopping.
        }
    }

    private static unsafe (Socket A, Socket B) CreatePair()
    {
        const int unix = 1, stream = 1;
        var ends = stackalloc int[2];
        if (socketpair(unix, stream, 0, ends) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        return (new Socket(new SafeSocketHandle(ends[0], true)), new Socket(new SafeSocketHandle(ends[1], true)));
    }

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern unsafe int socketpair(int domain, int type, int protocol, int* ends);
}
