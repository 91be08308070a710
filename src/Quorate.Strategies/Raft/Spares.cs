namespace Quorate.Strategies.Raft;

/// <summary>
/// The two messages of the hot path, kept for the next decoding on the same thread once a replica has dealt with them:
/// a replica keeps no message that it was given, so a steady stream of them allocates nothing.
/// </summary>
internal static class Spares
{
    [ThreadStatic]
    private static AppendEntries? _append;

    [ThreadStatic]
    private static AppendEntriesResponse? _response;

    /// <summary>All fields are to be set by the caller.</summary>
    public static AppendEntries TakeAppendEntries()
    {
        var message = _append ?? new AppendEntries();
        _append = null;
        return message;
    }

    /// <summary>All fields are to be set by the caller.</summary>
    public static AppendEntriesResponse TakeResponse()
    {
        var message = _response ?? new AppendEntriesResponse();
        _response = null;
        return message;
    }

    /// <summary>Nobody looks at the message any more.</summary>
    public static void Return(AppendEntries message)
    {
        message.Entries = default; // points into a buffer that others need
        _append = message;
    }

    /// <summary>Nobody looks at the message any more.</summary>
    public static void Return(AppendEntriesResponse message) => _response = message;
}
