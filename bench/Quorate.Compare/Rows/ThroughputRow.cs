using Quorate.Compare.Load;

namespace Quorate.Compare.Rows;

/// <summary>Runs one load on both sides in turn and makes a line of the medians.</summary>
internal static class ThroughputRow
{
    public static Line Measure(
        string id,
        string what, double? target, int rounds, string ours, string theirs, Func<Sample>? measureOurs,
        Func<Sample>? measureTheirs)
    {
        var ourSamples = new List<Sample>();
        var theirSamples = new List<Sample>();
        for (var round = 1; round <= rounds; round++)
        {
            Take(measureOurs, ours, ourSamples);
            Take(measureTheirs, theirs, theirSamples);
        }

        var our = ourSamples.Count > 0 ? Sample.Median(ourSamples) : null;
        var their = theirSamples.Count > 0 ? Sample.Median(theirSamples) : null;
        return new Line
        {
            Id = id,
            What = what,
            Ours = ours,
            Theirs = theirs,
            OurSample = our,
            TheirSample = their,
            Target = target,
            Measured = our is not null && their is not null ? our.OpsPerSecond / their.OpsPerSecond : null,
        };

        void Take(Func<Sample>? measure, string who, List<Sample> samples)
        {
            if (measure is null) return;
            var sample = measure();
            samples.Add(sample);
            Console.WriteLine(
                $"  {id} {what}, {who}: {sample.OpsPerSecond:N0}/s, p50 {sample.P50:0.00} p99 {sample.P99:0.00} p99.9 "
                    + $"{sample.P999:0.00} ms, {sample.CpuSecondsPerMillion:0.00} CPU s per million");
        }
    }
}
