namespace Quorate.Cluster.Commands;

/// <summary>What values a configuration parameter takes; decides the error for the others.</summary>
internal enum ConfigKind : byte
{
    Text,
    Integer,
    Memory,
    YesNo,
}

/// <summary>One parameter of CONFIG GET and CONFIG SET.</summary>
/// <param name="Name">Redis's name, in lower case.</param>
/// <param name="Kind">What values it takes.</param>
/// <param name="Default">Its value on a node that says nothing else (<see cref="INodeView.ConfigOf"/>).</param>
/// <param name="IsSettable">The node is asked whether it can change it; otherwise it is fixed while running.</param>
internal sealed record ConfigParameter(string Name, ConfigKind Kind, Func<INodeView, string> Default, bool IsSettable = false)
{
    public string ValueOn(INodeView node) => node.ConfigOf(Name) ?? Default(node);

    /// <returns>Redis's complaint about a value that is not of the kind, or null.</returns>
    public string? Check(string value) => Kind switch
    {
        ConfigKind.Integer when !long.TryParse(value, out _) => "argument couldn't be parsed into an integer",
        ConfigKind.Integer when long.Parse(value) is < 0 or > int.MaxValue =>
            "argument must be between 0 and 2147483647 inclusive",
        ConfigKind.Memory when !TryParseMemory(value, out _) => "argument must be a memory value",
        ConfigKind.YesNo when value.ToLowerInvariant() is not ("yes" or "no") => "argument must be 'yes' or 'no'",
        _ => null,
    };

    /// <summary>The value as CONFIG GET would show it, so that two spellings of one value are equal.</summary>
    public string Normalize(string value) => Kind switch
    {
        ConfigKind.Integer => long.Parse(value).ToString(),
        ConfigKind.Memory when TryParseMemory(value, out var bytes) => bytes.ToString(),
        ConfigKind.YesNo => value.ToLowerInvariant(),
        _ => value,
    };

    /// <summary>A number of bytes with an optional unit: k, m, g are powers of 1000; kb, mb, gb of 1024.</summary>
    private static bool TryParseMemory(string value, out long bytes)
    {
        var digits = value.AsSpan().TrimEnd("bBkKmMgG");
        long unit = value[digits.Length..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1 << 10,
            "m" => 1000_000,
            "mb" => 1 << 20,
            "g" => 1000_000_000,
            "gb" => 1 << 30,
            _ => 0,
        };
        bytes = 0;
        if (unit == 0 || !long.TryParse(digits, out var number) || number < 0 || number > long.MaxValue / unit) return false;
        bytes = number * unit;
        return true;
    }
}
