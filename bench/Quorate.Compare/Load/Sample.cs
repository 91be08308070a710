namespace Quorate.Compare.Load;

/// <summary>One measurement. Latencies in milliseconds, NaN where the load generator does not tell.</summary>
internal sealed record Sample(double OpsPerSecond, double P50, double P99, double P999, double CpuSecondsPerMillion)
{
    /// <summary>How long the servers went on working after the last reply: what they had put off.</summary>
    public double BehindSeconds { get; init; }

    /// <summary>Each figure's median over the rounds.</summary>
    public static Sample Median(IReadOnlyCollection<Sample> samples) => new(
        Middle(samples.Select(s => s.OpsPerSecond)),
        Middle(samples.Select(s => s.P50)),
        Middle(samples.Select(s => s.P99)),
        Middle(samples.Select(s => s.P999)),
        Middle(samples.Select(s => s.CpuSecondsPerMillion)))
    {
        BehindSeconds = Middle(samples.Select(s => s.BehindSeconds)),
    };

    public static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) return double.NaN;
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Nearest-rank percentile of sorted values.</summary>
    public static double Percentile(double[] sorted, double percent) =>
        sorted.Length == 0
            ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
}
