namespace Quorate.Replication.Rows;

/// <summary>
/// The settings of the strategies' protocols: times and bounds that no policy says. Each strategy has a type of its own for
/// them; the host fills in those that it wants otherwise than usual. Immutable.
/// </summary>
public sealed class StrategySettings
{
    public static readonly StrategySettings Usual = new(ByType.Empty);

    private readonly ByType _settings;

    private StrategySettings(ByType settings) => _settings = settings;

    /// <summary>The same, but for one strategy's.</summary>
    public StrategySettings With<T>(T settings)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new StrategySettings(_settings.With(settings));
    }

    /// <summary>The usual ones where the host has not said otherwise.</summary>
    public T Get<T>()
        where T : class, new() => _settings.Get<T>();
}
