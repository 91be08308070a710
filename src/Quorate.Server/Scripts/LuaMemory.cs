using System.Runtime.InteropServices;
using KeraLua;

namespace Quorate.Server.Scripts;

/// <summary>Lua's memory: how much is in use, and how much more a script may take. Counted the same on every node, because Lua
/// asks for the same sizes in the same order.</summary>
internal sealed unsafe class LuaMemory : IDisposable
{
    // Called from Lua as long as any state lives, so it lives as long as the process.
    private static readonly LuaAlloc Allocator = Allocate;

    private Account* _account = (Account*)NativeMemory.AllocZeroed((nuint)sizeof(Account));

    /// <summary>A state that takes its memory from here; it must be closed before this is disposed.</summary>
    public Lua NewState()
    {
        Unlimit();
        return new Lua(Allocator, (IntPtr)_account);
    }

    /// <summary>From now on a request that goes beyond one of these fails. Only where Lua can raise an error.</summary>
    /// <param name="bytes">In use at once, more than now.</param>
    /// <param name="total">Asked for, what was given back meanwhile included.</param>
    public void Limit(long bytes, long total) => (_account->MostInUse, _account->Left) = (_account->InUse + bytes, total);

    public void Unlimit() => (_account->MostInUse, _account->Left) = (long.MaxValue, long.MaxValue);

    public void Dispose()
    {
        if (_account is not null) NativeMemory.Free(_account);
        _account = null;
    }

    private static IntPtr Allocate(IntPtr ud, IntPtr ptr, UIntPtr oldSize, UIntPtr newSize)
    {
        var account = (Account*)ud;
        var before = ptr == IntPtr.Zero ? 0 : (long)oldSize; // without a block the old size is a kind of object
        if (newSize == 0)
        {
            NativeMemory.Free((void*)ptr);
            account->InUse -= before;
            return IntPtr.Zero;
        }

        var more = (long)newSize - before;
        if (more > 0 && (account->InUse + more > account->MostInUse || (long)newSize > account->Left)) return IntPtr.Zero;
        var block = NativeMemory.Realloc((void*)ptr, newSize);
        account->InUse += more;
        if (more > 0 && account->Left != long.MaxValue) account->Left -= (long)newSize;
        return (IntPtr)block;
    }

    private struct Account
    {
        public long InUse;
        public long MostInUse;
        public long Left;
    }
}
