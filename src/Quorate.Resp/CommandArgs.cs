namespace Quorate.Resp;

/// <summary>Where one argument lies in the buffer of its command.</summary>
public readonly record struct ArgRange(int Start, int Length);

/// <summary>
/// The words of one command, the name first, as views into one contiguous buffer. Valid only as long as the buffer is.
/// </summary>
public readonly ref struct CommandArgs(ReadOnlySpan<byte> buffer, ReadOnlySpan<ArgRange> ranges)
{
    private readonly ReadOnlySpan<byte> _buffer = buffer;
    private readonly ReadOnlySpan<ArgRange> _ranges = ranges;

    /// <summary>Number of words, the name included; at least 1 for a command that came from a parser.</summary>
    public int Count => _ranges.Length;

    public ReadOnlySpan<byte> this[int i] => _buffer.Slice(_ranges[i].Start, _ranges[i].Length);

    public ReadOnlySpan<byte> Name => this[0];

    /// <summary>The words from <paramref name="first"/> on, e.g. a subcommand as a command of its own.</summary>
    public CommandArgs From(int first) => new(_buffer, _ranges[first..]);
}
