using Microsoft.Extensions.Logging;
using Quorate.Cluster;

namespace Quorate.Server.Storage;

/// <summary>Keeps the members in a joined node's <see cref="SeatFile"/> up to date, so that it finds them when it is started
/// again.</summary>
internal sealed class SeatKeeper(string folder, ILogger log)
{
    private readonly Lock _writing = new();
    private IReadOnlyList<Member> _kept = [];
    private IReadOnlyList<Member> _newest = [];

    /// <summary>Under the node's lock; the file is written elsewhere.</summary>
    public void Keep(IReadOnlyList<Member> members)
    {
        if (_newest.SequenceEqual(members)) return;
        Volatile.Write(ref _newest, [.. members]);
        ThreadPool.UnsafeQueueUserWorkItem(static keeper => keeper.Write(), this, preferLocal: false);
    }

    private void Write()
    {
        lock (_writing)
        {
            var members = Volatile.Read(ref _newest);
            if (ReferenceEquals(members, _kept)) return;
            try
            {
                if (SeatFile.Read(folder) is { } seat && members.Any(m => m.Id == seat.Self))
                    (seat with { Members = members }).Write(folder);
                _kept = members;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.SeatNotKept(folder, e.Message);
            }
        }
    }
}
