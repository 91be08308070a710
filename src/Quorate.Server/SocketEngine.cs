namespace Quorate.Server;

/// <summary>
/// How the runtime runs sockets: one event loop for the process, completions handled on it instead of being handed to
/// the thread pool. A request then makes no hand-over between threads, and the clients that are ready together are
/// read one after the other before a batch is formed of what they sent.
/// </summary>
public static class SocketEngine
{
    /// <summary>Name the runtime gives the thread of its event loop.</summary>
    public const string ThreadName = ".NET Sockets";

    /// <summary>Call first of all: the runtime reads these variables when the first socket of the process is used.
    /// What the operator set himself stays.</summary>
    public static void Configure()
    {
        SetDefault("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        SetDefault("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
    }

    private static void SetDefault(string name, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))) Environment.SetEnvironmentVariable(name, value);
    }
}
