using Quorate.Resp;
namespace Quorate.Data;
#pragma warning disable
[Flags] public enum CommandFlags { None = 0, Write = 1, ReadOnly = 2, DenyOom = 4, Admin = 8, PubSub = 16, NoScript = 32, Loading = 64, Stale = 128, Fast = 256, NoAuth = 512, MovableKeys = 1024, AllowBusy = 2048, NoMulti = 4096, NoAsyncLoading = 8192, SkipMonitor = 16384, SkipSlowlog = 32768, NoMandatoryKeys = 65536, Blocking=131072 }
public enum CommandRoute { Read, Write, Node }
public delegate void CommandHandler();
public sealed record CommandSpec
{
    public required string Name { get; init; }
    public required int Arity { get; init; }
    public CommandFlags Flags { get; init; }
    public CommandRoute Route { get; init; }
    public int FirstKey { get; init; }
    public int LastKey { get; init; }
    public int KeyStep { get; init; }
    public string Summary { get; init; } = "";
    public string Since { get; init; } = "";
    public string Group { get; init; } = "";
    public string Complexity { get; init; } = "";
    public CommandHandler? Handler { get; init; }
    public IReadOnlyList<CommandSpec> Subcommands { get; init; } = [];
}
public static class CommandTable { public static IReadOnlyList<CommandSpec> All { get; } = []; }
