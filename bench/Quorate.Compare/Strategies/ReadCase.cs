namespace Quorate.Compare.Strategies;

/// <summary>How a keyspace is read.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Place">Which of its replicas is asked: 0 is the leader (of a chain the head), then the others in the order of the
/// configuration.</param>
/// <param name="Reads">The keyspace's policy for reads meanwhile; null: as it was created.</param>
internal sealed record ReadCase(string Name, int Place, string? Reads = null)
{
    public static ReadCase Leader { get; } = new("at the leader, linearizable", 0);
}
