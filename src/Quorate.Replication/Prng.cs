namespace Quorate.Replication;

/// <summary>
/// xoshiro256** seeded by splitmix64 (Blackman and Vigna): the only dice in the house. The same seed gives the same
/// sequence on every machine and every version, which is what replaying a simulation needs. Not thread-safe.
/// </summary>
public sealed class Prng
{
    private ulong _a, _b, _c, _d;

    public Prng(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>A generator of its own, so that what one part draws does not shift what another draws.</summary>
    public Prng Fork() => new(NextUInt64());

    public ulong NextUInt64()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, bound); bound is 1 or more.</summary>
    public long Below(long bound)
    {
        Invariant.Require(bound > 0, "a die has at least one side");
        return (long)Math.BigMul(NextUInt64(), (ulong)bound, out _);
    }

    /// <summary>Uniform in [0, bound); bound is 1 or more.</summary>
    public int Below(int bound) => (int)Below((long)bound);

    /// <summary>Uniform in [low, high], both ends included.</summary>
    public long Between(long low, long high) => low + Below(high - low + 1);

    /// <summary>True in <paramref name="perMille"/> of 1000 calls.</summary>
    public bool Chance(int perMille) => Below(1000) < perMille;

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
