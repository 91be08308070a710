namespace Quorate.Replication.Rows;

/// <summary>
/// The decisions on which the safety of each strategy hangs, each strategy's in a type of its own. Nothing but the simulator's
/// canaries fills in others than the sound ones. Immutable.
/// </summary>
public sealed class StrategyRules
{
    public static readonly StrategyRules Sound = new(ByType.Empty);

    private readonly ByType _rules;

    private StrategyRules(ByType rules) => _rules = rules;

    /// <summary>The same, but that <paramref name="rules"/> stand for the sound ones of type <typeparamref name="T"/>.</summary>
    public StrategyRules With<T>(T rules)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new StrategyRules(_rules.With(rules));
    }

    /// <summary>The sound ones where there are no others.</summary>
    public T Get<T>()
        where T : class, new() => _rules.Get<T>();
}
