namespace Quorate.Compare.Load;

/// <summary>A reply as the load clients need it: text, error text, or items.</summary>
internal sealed record RespReply(string Text, bool IsError = false, bool IsNull = false, RespReply[]? Items = null)
{
    public bool IsOk => !IsError;

    /// <summary>An error code that promises that nothing was and nothing will be executed.</summary>
    public bool IsCertainRefusal => IsError && Array.Exists(CertainCodes, c => Text.StartsWith(c, StringComparison.Ordinal));

    private static readonly string[] CertainCodes = ["READONLY", "TRYAGAIN", "NOREPLICAS", "CLUSTERDOWN", "LOADING", "MOVED"];
}
