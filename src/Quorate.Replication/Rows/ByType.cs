using System.Collections.Frozen;

namespace Quorate.Replication.Rows;

/// <summary>One object of each of several types, found by the type. Immutable.</summary>
internal sealed class ByType
{
    public static readonly ByType Empty = new(FrozenDictionary<Type, object>.Empty);

    private readonly FrozenDictionary<Type, object> _objects;

    private ByType(FrozenDictionary<Type, object> objects) => _objects = objects;

    public ByType With<T>(T value)
        where T : class =>
        new(_objects.Where(o => o.Key != typeof(T)).Append(new(typeof(T), value)).ToFrozenDictionary());

    /// <summary>A new one where there is none.</summary>
    public T Get<T>()
        where T : class, new() => _objects.TryGetValue(typeof(T), out var value) ? (T)value : new T();
}
