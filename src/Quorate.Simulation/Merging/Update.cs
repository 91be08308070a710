using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Simulation.Merging;

/// <summary>One execution of a client's write by one replica's contents, as seen from beside it.</summary>
internal sealed class Update
{
    public required NodeId At { get; init; }

    /// <summary>Orders it with invocations and returns.</summary>
    public required long Stamp { get; init; }

    public required string[] Words { get; init; }

    public string Key => Words[1];

    /// <summary>What a reader of the key there was shown right before, and right after.</summary>
    public required HashSet<string> Before { get; init; }

    public required HashSet<string> After { get; init; }

    /// <summary>What had been seen there before.</summary>
    public required DotContext Seen { get; init; }

    /// <summary>Its own last update; <see cref="Dot.None"/> when it changed nothing.</summary>
    public required Dot Dot { get; init; }

    public IEnumerable<string> Removed => Before.Except(After);
}
