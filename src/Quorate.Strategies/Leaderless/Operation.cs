using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// A request that this replica coordinates, from the first question to the last answer: an accumulator. Masks are over
/// <see cref="Holders"/>. [Dynamo §5.2]
/// </summary>
internal sealed class Operation
{
    public required long Id { get; init; }

    public required Asker Asker { get; init; }

    public required Partition Partition { get; init; }

    public required Holders Holders { get; set; }

    public required bool IsWrite { get; init; }

    public required bool IsExact { get; init; }

    public required int R { get; init; }

    public required int W { get; init; }

    public required long Begun { get; init; }

    /// <summary>Of the command, without a prefix; empty once it has been executed.</summary>
    public byte[] Payload { get; set; } = [];

    public byte[][] Keys { get; set; } = [];

    public byte[] Reply { get; set; } = [];

    /// <summary>Holders that have answered the question, and of those the ones that count.</summary>
    public ulong Heard { get; set; }

    public ulong Answered { get; set; }

    /// <summary>What they hold, by holder and key.</summary>
    public ulong[]?[] Versions { get; set; } = [];

    /// <summary>States that came with the answers were news here.</summary>
    public bool WasBehind { get; set; }

    public bool IsExecuted { get; set; }

    /// <summary>The asker was answered; late answers are still used to repair.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Waits for confirmations, and holders that gave them; this replica's own is the journal's.</summary>
    public bool IsStoring { get; set; }

    public ulong Stored { get; set; }

    /// <summary>Holders for whom a stand-in has it.</summary>
    public ulong StoodInFor { get; set; }

    /// <summary>Holders for whom a stand-in was asked, and the stand-ins.</summary>
    public ulong HintedFor { get; set; }

    public List<NodeId>? StandIns { get; set; }

    /// <summary>What is stored, for stand-ins that are asked later.</summary>
    public byte[] Delta { get; set; } = [];

    public bool HasReadQuorum => Holders.HasQuorum(Answered, R);

    public bool HasWriteQuorum(LeaderlessRules rules) => Holders.HasQuorum(Stored | StoodInFor, rules.WriteQuorum(W));

    /// <summary>The members have changed while it was under way: what was counted counts where it still means the same.</summary>
    public void MoveTo(Holders holders)
    {
        var versions = Versions.Length == 0 ? [] : new ulong[]?[holders.All.Length];
        for (var i = 0; i < Versions.Length; i++)
            if (holders.IndexOf(Holders.All[i]) is var at and >= 0) versions[at] = Versions[i];
        Heard = Holders.Translate(Heard, holders);
        Answered = Holders.Translate(Answered, holders);
        Stored = Holders.Translate(Stored, holders);
        StoodInFor = Holders.Translate(StoodInFor, holders);
        HintedFor = Holders.Translate(HintedFor, holders);
        Versions = versions;
        Holders = holders;
    }
}
