namespace Quorate.Simulation.Checking;

/// <summary>What an operation of the workload does to its key; each is one Redis command.</summary>
public enum OperationKind : byte
{
    /// <summary><c>GET key</c>.</summary>
    Get,

    /// <summary><c>SET key value</c>.</summary>
    Set,

    /// <summary><c>SET key value NX</c>: the conditional write.</summary>
    SetIfAbsent,

    /// <summary><c>SET key value GET</c>: writes and answers what was there.</summary>
    GetSet,

    /// <summary><c>DEL key</c>.</summary>
    Delete,

    /// <summary><c>INCR key</c>.</summary>
    Increment,

    /// <summary><c>APPEND key value</c>.</summary>
    Append,

    /// <summary><c>SET key value XX</c>.</summary>
    SetIfPresent,

    /// <summary><c>GETDEL key</c>.</summary>
    GetDelete,

    /// <summary>Reads a key by whatever command: see <see cref="Operation.Words"/>.</summary>
    Read,

    /// <summary>Writes a key by whatever command.</summary>
    Write,
}

/// <summary>How an operation ended, as its client knows it.</summary>
public enum OperationOutcome : byte
{
    /// <summary>Still running, or the client will never know: it may take effect at any later time, once, or never.</summary>
    Unknown,

    /// <summary>Executed; <see cref="Operation.Result"/> is what was answered.</summary>
    Ok,

    /// <summary>Certainly not executed, now or later.</summary>
    Failed,
}

/// <summary>One operation of a history: what a client asked, when, and what it was told.</summary>
public sealed class Operation
{
    public required int Client { get; init; }

    public required OperationKind Kind { get; init; }

    public required string Key { get; init; }

    /// <summary>The value written; unique in its history, so that what a read returns tells which write it saw.</summary>
    public string? Argument { get; init; }

    /// <summary>The whole command where the kind does not say it, else null.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>The client's connection, counted.</summary>
    public (int Client, long Connection) Session { get; init; }

    /// <summary>Stamp of the invocation. Stamps are unique in a history and grow with (virtual) time.</summary>
    public required long Invoked { get; init; }

    /// <summary>Stamp of the return; <see cref="long.MaxValue"/> while the outcome is unknown.</summary>
    public long Returned { get; set; } = long.MaxValue;

    public OperationOutcome Outcome { get; set; }

    /// <summary>The answer: text of a string or number, null for the absent value.</summary>
    public string? Result { get; set; }

    public bool IsRead => Kind is OperationKind.Get or OperationKind.Read;

    public override string ToString()
    {
        var what = Words is null
            ? $"{Kind} {Key}{(Argument is null ? "" : " " + Shorten(Argument))}" : Shorten(string.Join(' ', Words));
        var call = $"client {Client}: {what}";
        return Outcome switch
        {
            OperationOutcome.Ok =>
                $"[{Invoked}..{Returned}] {call} -> {(Result is null ? "nil" : Shorten(Result.ReplaceLineEndings(" ")))}",
            OperationOutcome.Failed => $"[{Invoked}..{Returned}] {call} -> failed",
            _ => $"[{Invoked}..?] {call} -> unknown",
        };
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : $"{text[..20]}...{text[^30..]} ({text.Length})";
}
