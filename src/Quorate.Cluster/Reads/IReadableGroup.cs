using Quorate.Cluster.Hosting;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Reads;

/// <summary>A group with a state as those see it that decide on reads of it, and execute them.</summary>
internal interface IReadableGroup : IClocked
{
    HostedGroup Hosting { get; }

    /// <summary>What the control plane decided; null before the first, and where the group decides itself.</summary>
    GroupConfiguration? Configuration { get; }

    /// <summary>The state here was found wrong.</summary>
    bool IsDistrusted { get; }

    /// <summary>The state here stays behind on purpose.</summary>
    bool IsDelayed { get; }

    /// <summary>How far the state here is in the group's history.</summary>
    HistoryPoint Reached { get; }

    /// <summary>The command that the words name; null when this version does not know it.</summary>
    CommandSpec? Find(in CommandArgs args);

    /// <summary>What the strategy tells keys from each other by; 0 when it does not.</summary>
    ulong KeyHashOf(CommandSpec spec, in CommandArgs args);

    ReadVerdict Judge(in ReadRule rule, SessionPositions? seen, StepTime now);

    /// <summary>Executes a read. False: the log's clock is behind, and the reply must be thrown away.</summary>
    bool TryRead(CommandSpec spec, int database, in CommandArgs args, RespWriter reply, in ReadRule rule, StepTime now);

    /// <summary>Asks when the state may be read.</summary>
    void AskForLeave(RequestOwner owner, IAsker? session, long sequence, ulong keyHash, StepTime now);
}
