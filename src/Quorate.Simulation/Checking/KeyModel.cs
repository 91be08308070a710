using System.Globalization;

namespace Quorate.Simulation.Checking;

/// <summary>The sequential specification of one key: what each operation answers and leaves behind. Null is "absent".</summary>
internal static class KeyModel
{
    public static (string? Next, string? Result) Step(string? state, Operation operation) => operation.Kind switch
    {
        OperationKind.Get => (state, state),
        OperationKind.Set => (operation.Argument, "OK"),
        OperationKind.SetIfAbsent => state is null ? (operation.Argument, "OK") : (state, null),
        OperationKind.GetSet => (operation.Argument, state),
        OperationKind.Delete => (null, state is null ? "0" : "1"),
        OperationKind.Increment => Increment(state),
        OperationKind.SetIfPresent => state is null ? (null, null) : (operation.Argument, "OK"),
        OperationKind.GetDelete => (null, state),
        OperationKind.Append => Append(state, operation.Argument),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static (string?, string?) Increment(string? state)
    {
        var next = (long.Parse(state ?? "0", CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        return (next, next);
    }

    private static (string?, string?) Append(string? state, string? argument)
    {
        var next = state + argument;
        return (next, next.Length.ToString(CultureInfo.InvariantCulture));
    }
}
