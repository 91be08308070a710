using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Quorate.Data.Merging;

namespace Quorate.Server.Scripts;

/// <summary>Makes rules of scripts, and says in the log when one fails, now and then: the counts are in INFO and the
/// metrics.</summary>
internal static class ScriptedMergeRules
{
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(1);

    public static IMergeRule Make(string name, string script, ILogger log)
    {
        long? saidAt = null;
        var saidWhy = "";
        return new LuaMergeRule(script, why =>
        {
            if (saidAt is { } at && why == saidWhy && Stopwatch.GetElapsedTime(at) < SayAgain) return;
            (saidAt, saidWhy) = (Stopwatch.GetTimestamp(), why);
            log.RuleFailed(name, why);
        });
    }

    /// <summary>Why it is no script; null when it is one.</summary>
    public static string? ProblemOf(string script)
    {
        using var rule = new LuaMergeRule(script, _ => { });
        return rule.Problem;
    }
}
