using System.Runtime.CompilerServices;
using Quorate.Server;

namespace Quorate.Tests;

internal static class EngineSetup
{
    // As the program does it: before the first socket of the process.
    [ModuleInitializer]
    internal static void Run() => SocketEngine.Configure();
}
