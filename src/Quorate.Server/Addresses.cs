using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Quorate.Server;

/// <summary>Addresses as people write them: <c>host:port</c>, the host a name, an IPv4 address, an IPv6 address in brackets,
/// or <c>*</c> for every interface.</summary>
public static class Addresses
{
    /// <summary>Takes an address apart. False with what is wrong with it.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out string? host, out int port, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(text);
        host = null;
        port = 0;
        var colon = text.LastIndexOf(':');
        if (colon < 1)
        {
            why = $"'{text}' is not host:port";
            return false;
        }

        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535)
        {
            why = $"'{text}' must end with a port from 0 to 65535";
            return false;
        }

        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            (host, why) = (null, $"'{text}': an IPv6 address stands in brackets, as in [::1]:7001");

        why = host is null ? $"'{text}': an IPv6 address stands in brackets, as in [::1]:7001"
            : Uri.CheckHostName(host) == UriHostNameType.Unknown && host != "*" ? $"'{text}' has no valid host name"
            : null;
        return why is null;
    }

    /// <exception cref="SocketException">the name is not known.</exception>
    internal static async Task<IPEndPoint> ResolveAsync(string address, CancellationToken cancel)
    {
        if (!TryParse(address, out var host, out var port, out var why)) throw new ArgumentException(why);
        if (host == "*") return new IPEndPoint(IPAddress.Any, port);
        if (host == "localhost") return new IPEndPoint(IPAddress.Loopback, port);
        if (IPAddress.TryParse(host, out var ip)) return new IPEndPoint(ip, port);
        var all = await Dns.GetHostAddressesAsync(host, cancel);
        if (all.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        return new IPEndPoint(all.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? all[0], port);
    }
}
