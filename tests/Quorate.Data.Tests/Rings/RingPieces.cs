using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Tests.Rings;

/// <summary>A ring as bytes: [capacity][first number]([length][bytes])*, cut anywhere.</summary>
internal sealed class RingReader(Ring ring) : PieceReader
{
    private readonly ArrayBufferWriter<byte> _head = new();
    private long _next = ring.First;
    private int _headDone;
    private int _done;
    private bool _hasBegun;

    public override bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            Packing.WriteNumber(_head, (ulong)ring.Capacity);
            Packing.WriteNatural(_head, ring.First);
            if (ring.Count > 0) Packing.WriteNumber(_head, (ulong)ring.Of(_next).Length);
        }

        for (var left = budgetBytes; left > 0;)
        {
            left -= Copy(output, _head.WrittenSpan, ref _headDone, left);
            if (_headDone < _head.WrittenCount) return true;
            if (_next == ring.End) return false;
            left -= Copy(output, ring.Of(_next), ref _done, left);
            if (_done < ring.Of(_next).Length) return true;
            (_done, _headDone) = (0, 0);
            _head.ResetWrittenCount();
            if (++_next < ring.End) Packing.WriteNumber(_head, (ulong)ring.Of(_next).Length);
        }

        return _next < ring.End || _headDone < _head.WrittenCount;
    }

    private static int Copy(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes, ref int done, int most)
    {
        var length = Math.Min(bytes.Length - done, most);
        output.Write(bytes.Slice(done, length));
        done += length;
        return length;
    }
}

/// <summary>Makes a ring of pieces; elements grow with what has come of them.</summary>
internal sealed class RingBuilder : ValueBuilder
{
    private readonly ArrayBufferWriter<byte> _carry = new();
    private ArrayBufferWriter<byte> _element = new();
    private Ring? _ring;
    private long _missing = -1;

    public Ring Ring => _ring!;

    public override bool TryAppend(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty || (_missing == 0))
        {
            if (_missing >= 0)
            {
                var part = piece[..(int)Math.Min(_missing, piece.Length)];
                _element.Write(part);
                _missing -= part.Length;
                piece = piece[part.Length..];
                if (_missing > 0) return true;
                if (_ring!.Count == _ring.Capacity) return false;
                _ring.Push(_element.WrittenSpan, default);
                if (_element.Capacity > 4096) _element = new ArrayBufferWriter<byte>();
                _element.ResetWrittenCount();
                _missing = -1;
                continue;
            }

            // A number may be cut: it is carried until it is whole.
            _carry.Write(piece[..1]);
            piece = piece[1..];
            if (_carry.WrittenCount > 2 * Packing.LongestNumber) return false;
            var reader = new PackedReader(_carry.WrittenSpan);
            if (_ring is null)
            {
                if (!reader.TryNumber(out var capacity) || !reader.TryNatural(out var first)) continue;
                if (!reader.IsAtEnd || capacity is 0 or > int.MaxValue || first > long.MaxValue / 2) return false;
                _ring = new Ring((int)capacity, first);
            }
            else
            {
                if (!reader.TryNumber(out var length)) continue;
                if (length > int.MaxValue) return false;
                _missing = (long)length;
            }

            _carry.ResetWrittenCount();
        }

        return true;
    }

    public override bool TryFinish([NotNullWhen(true)] out Value? value)
    {
        value = _ring;
        return _ring is { Count: > 0 } && _missing < 0 && _carry.WrittenCount == 0;
    }
}
