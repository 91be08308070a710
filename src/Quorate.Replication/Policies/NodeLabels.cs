namespace Quorate.Replication.Policies;

/// <summary>Where a node stands. Null: not told. A zone lies in one region and a region belongs to one provider, but the
/// same zone name in two regions names two zones: values are compared with what is around them.</summary>
public sealed record NodeLabels(string? Provider = null, string? Region = null, string? Zone = null)
{
    /// <summary>The value of <c>provider</c>, <c>region</c> or <c>zone</c>, such as <c>aws/eu-1/a</c>; null when not
    /// told.</summary>
    public string? Of(string label) => label switch
    {
        "provider" => Provider,
        "region" => Region is null ? null : $"{Provider}/{Region}",
        "zone" => Zone is null ? null : $"{Provider}/{Region}/{Zone}",
        _ => null,
    };
}
