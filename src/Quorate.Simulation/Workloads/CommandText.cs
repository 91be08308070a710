using System.Text;
using Quorate.Resp;
using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Workloads;

/// <summary>An operation as the words of its command, in a buffer of its own.</summary>
internal sealed class CommandText
{
    private readonly byte[] _bytes;
    private readonly ArgRange[] _ranges;

    public CommandText(params string[] words)
    {
        _bytes = Encoding.UTF8.GetBytes(string.Concat(words));
        _ranges = new ArgRange[words.Length];
        var at = 0;
        for (var i = 0; i < words.Length; i++)
        {
            var length = Encoding.UTF8.GetByteCount(words[i]);
            _ranges[i] = new ArgRange(at, length);
            at += length;
        }
    }

    public CommandArgs Args => new(_bytes, _ranges);

    public static CommandText Of(Operation operation) => operation.Kind switch
    {
        OperationKind.Get => new CommandText("GET", operation.Key),
        OperationKind.Set => new CommandText("SET", operation.Key, operation.Argument!),
        OperationKind.SetIfAbsent => new CommandText("SET", operation.Key, operation.Argument!, "NX"),
        OperationKind.GetSet => new CommandText("SET", operation.Key, operation.Argument!, "GET"),
        OperationKind.Delete => new CommandText("DEL", operation.Key),
        OperationKind.Increment => new CommandText("INCR", operation.Key),
        OperationKind.SetIfPresent => new CommandText("SET", operation.Key, operation.Argument!, "XX"),
        OperationKind.GetDelete => new CommandText("GETDEL", operation.Key),
        _ when operation.Words is { } words => new CommandText([.. words]),
        OperationKind.Append => new CommandText("APPEND", operation.Key, operation.Argument!),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };
}
