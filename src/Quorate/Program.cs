using Quorate;
using Quorate.Server;

// Before anything that could touch a socket.
SocketEngine.Configure();
using var signals = new StopSignals();
return await QuorateProgram.RunAsync(args, Console.Out, Console.Error, signals.Token, Console.In);
