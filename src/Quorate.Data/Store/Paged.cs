using System.Numerics;

namespace Quorate.Data.Store;

/// <summary>
/// An array that grows by whole pages, so that growing never copies what is there already (a pause of tens of
/// milliseconds at ten million keys). Only page 0 starts small and doubles, because most tables stay small.
/// </summary>
internal struct Paged<T> where T : struct
{
    private const int Shift = 12;
    private const int PageLength = 1 << Shift;
    private const int SmallestPage = 16;

    private T[][] _pages;
    private int _pageCount;

    public Paged()
    {
        _pages = [[]];
        _pageCount = 1;
    }

    /// <summary>A reference to an element below the highest count reserved. It dies with the next <see
    /// cref="Reserve"/>.</summary>
    public readonly ref T this[int index] => ref _pages[index >> Shift][index & (PageLength - 1)];

    /// <summary>Elements that fit without another reservation.</summary>
    public readonly long Capacity => _pageCount == 1 ? _pages[0].Length : (long)_pageCount << Shift;

    /// <summary>Makes elements 0 up to <paramref name="count"/> - 1 usable; new ones have the default value.</summary>
    public void Reserve(int count)
    {
        if (count <= Capacity) return;
        if (count <= PageLength)
        {
            Array.Resize(ref _pages[0], (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, SmallestPage)));
            return;
        }

        if (_pages[0].Length < PageLength) Array.Resize(ref _pages[0], PageLength);
        var needed = (int)(((long)count + PageLength - 1) >> Shift);
        if (needed > _pages.Length) Array.Resize(ref _pages, Math.Max(needed, _pages.Length * 2));
        for (; _pageCount < needed; _pageCount++) _pages[_pageCount] = new T[PageLength];
    }
}
