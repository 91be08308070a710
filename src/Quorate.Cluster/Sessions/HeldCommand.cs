using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>A copy of a command that can't be executed yet. Reused from command to command.</summary>
internal sealed class HeldCommand
{
    private byte[] _bytes = [];
    private ArgRange[] _ranges = [];
    private int _count;

    /// <summary>Bytes of its words.</summary>
    public int Length { get; private set; }

    public CommandArgs Args => new(_bytes, _ranges.AsSpan(0, _count));

    public void Hold(in CommandArgs args)
    {
        var total = 0;
        for (var i = 0; i < args.Count; i++) total += args[i].Length;
        if (_bytes.Length < total || _bytes.Length > (1 << 16) + total) _bytes = new byte[total];
        if (_ranges.Length < args.Count) _ranges = new ArgRange[args.Count];
        (_count, Length) = (args.Count, total);
        var at = 0;
        for (var i = 0; i < _count; i++)
        {
            args[i].CopyTo(_bytes.AsSpan(at));
            _ranges[i] = new ArgRange(at, args[i].Length);
            at += args[i].Length;
        }
    }
}
