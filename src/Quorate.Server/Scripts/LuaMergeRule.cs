using System.Buffers;
using System.Text;
using KeraLua;
using Quorate.Data.Merging;
using Quorate.Replication.Crdt;

namespace Quorate.Server.Scripts;

/// <summary>
/// A keyspace's own rule for concurrent strings, in Lua: gets the key, the values in an order that is the same everywhere, and
/// when each was written (Unix milliseconds); returns one string. Instructions and memory are counted, not time, so that what
/// stops it here stops it on every node. Whatever goes wrong leaves the values as they are. One caller at a time.
/// </summary>
internal sealed class LuaMergeRule : IMergeRule, IDisposable
{
    private const int MostInstructions = 1_000_000;
    private const int MostInputBytes = 256 << 10;
    private const int MostValueBytes = 1 << 20;
    private const long MostBytes = 8 << 20;
    private const long MostBytesInTotal = 64 << 20;

    private readonly LuaMemory _memory = new();
    private readonly Lua _main;
    private readonly Lua _thread;
    private readonly LuaHookFunction _hook;
    private readonly Action<string> _onFailure;
    private bool _ranOut;

    /// <param name="script">Its text.</param>
    /// <param name="onFailure">Told why a rule failed, each time.</param>
    public LuaMergeRule(string script, Action<string> onFailure)
    {
        CLocale.Take();
        _onFailure = onFailure;
        _main = _memory.NewState();
        _main.Encoding = Encoding.UTF8;
        _main.OpenLibs();
        Load(Encoding.UTF8.GetBytes(LuaSandbox.Source), "sandbox");
        _main.Call(0, 1); // 1: the function that runs a script
        Problem = TryLoad(script); // 2: the script
        _thread = _main.NewThread(); // 3
        _hook = (_, _) => OnCount();
        _thread.SetHook(_hook, LuaHookMask.Count, MostInstructions);
    }

    ~LuaMergeRule() => Close();

    /// <summary>Why the script cannot be run at all; null when it can.</summary>
    public string? Problem { get; }

    public bool TryMerge(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value)
    {
        var why = Problem ?? Run(key, siblings, value);
        if (why is not null) _onFailure(why);
        return why is null;
    }

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        _main?.Close();
        _memory?.Dispose();
    }

    private void Load(byte[] source, string name)
    {
        if (_main.LoadBuffer(source, "=" + name, "t") != LuaStatus.OK) throw new InvalidOperationException(_main.ToString(-1));
    }

    private string? TryLoad(string script)
    {
        if (_main.LoadBuffer(Encoding.UTF8.GetBytes(script), "=script", "t") == LuaStatus.OK) return null;
        return TextOf(_main);
    }

    private string? Run(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value)
    {
        long bytes = key.Length;
        foreach (ref readonly var sibling in siblings) bytes += sibling.Value.Length;
        if (bytes > MostInputBytes) return $"key and values have {bytes} bytes; a script is given at most {MostInputBytes}";

        // Rubbish of earlier runs must not count against this one.
        _main.GarbageCollector(LuaGC.Collect, 0);
        Push(key, siblings);
        _ranOut = false;
        _memory.Limit(MostBytes, MostBytesInTotal);
        var status = _thread.Resume(_main, 4, out var results);
        _memory.Unlimit();
        var why = status switch
        {
            LuaStatus.OK => Take(results, value),
            LuaStatus.Yield => $"it ran for more than {MostInstructions} instructions",
            LuaStatus.ErrMem => $"it needed more than {MostBytes} bytes of memory, or {MostBytesInTotal} in total",
            _ => TextOf(_thread),
        };
        if (status != LuaStatus.OK)
        {
            _thread.ResetThread();
            _thread.SetHook(_hook, LuaHookMask.Count, MostInstructions);
        }

        _thread.SetTop(0);
        return why;
    }

    private void Push(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings)
    {
        // A hook that is set anew begins to count anew.
        _thread.SetHook(_hook, LuaHookMask.Count, MostInstructions);
        _main.PushCopy(1);
        _main.PushCopy(2);
        _main.PushBuffer(key.ToArray());
        _main.CreateTable(siblings.Length, 0);
        for (var i = 0; i < siblings.Length; i++)
        {
            _main.PushBuffer(siblings[i].Value);
            _main.RawSetInteger(-2, i + 1);
        }

        _main.CreateTable(siblings.Length, 0);
        for (var i = 0; i < siblings.Length; i++)
        {
            _main.PushInteger(siblings[i].Stamp.Milliseconds);
            _main.RawSetInteger(-2, i + 1);
        }

        _main.XMove(_thread, 5);
    }

    private string? Take(int results, IBufferWriter<byte> value)
    {
        if (results != 1 || _thread.Type(-1) != LuaType.String) return "it returned no string";
        var bytes = _thread.ToBuffer(-1, callMetamethod: false);
        if (bytes.Length > MostValueBytes) return $"it returned {bytes.Length} bytes; a value has at most {MostValueBytes}";
        value.Write(bytes);
        return null;
    }

    /// <summary>Runs in the middle of the script: an error raised from here would jump over managed frames, a yield does
    /// not.</summary>
    private void OnCount()
    {
        _ranOut = true;
        if (_thread.IsYieldable) _thread.Yield(0);
        else _memory.Limit(0, 0);
    }

    private string TextOf(Lua state)
    {
        if (_ranOut) return $"it ran for more than {MostInstructions} instructions";
        return state.Type(-1) == LuaType.String ? state.ToString(-1, false) : "it raised an error that is no text";
    }
}
