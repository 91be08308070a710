using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Server.Clients;
using Quorate.Server.Http;
using Quorate.Server.Peers;

namespace Quorate.Server;

/// <summary>The web server that owns a node's sockets: three endpoints, nothing taken from files or the environment.</summary>
internal static class NodeHosting
{
    public static WebApplication Build(
        Listeners listeners, RespEndpoint resp, PeerEndpoint peers, HttpEndpoint http, ILoggerFactory logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<ILoggerFactory>(new QuietLogging(logging));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();
        builder.Services.AddSingleton(resp);
        builder.Services.AddSingleton(peers);
        builder.Services.AddRoutingCore();
        builder.WebHost
            .UseKestrelCore()
            .UseSockets(sockets =>
            {
                // One event loop reads, executes and answers (see SocketEngine): no hand-over to a thread pool.
                sockets.UnsafePreferInlineScheduling = true;
                // Saves a system call for every read, for one block of memory for every idle connection.
                sockets.WaitForDataBeforeAllocatingBuffer = false;
                sockets.NoDelay = true;
                sockets.Backlog = 1024;
                sockets.CreateBoundListenSocket = listeners.Take;
            })
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(listeners.Resp, o => o.UseConnectionHandler<RespEndpoint>());
                kestrel.Listen(listeners.Peer, o => o.UseConnectionHandler<PeerEndpoint>());
                kestrel.Listen(listeners.Http);
            });
        var app = builder.Build();
        http.Map(app);
        return app;
    }

    /// <summary>The program decides when to stop, not the web server's host.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class BlockPoolFactory : IMemoryPoolFactory<byte>
    {
        private static readonly BlockPool Shared = new();

        public MemoryPool<byte> Create(MemoryPoolOptions? options) => Shared;
    }

    /// <summary>The web server's own words: errors only.</summary>
    private sealed class QuietLogging(ILoggerFactory inner) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => new Quiet(inner.CreateLogger(categoryName));

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        private sealed class Quiet(ILogger inner) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && inner.IsEnabled(logLevel);

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
                string> formatter)
            {
                if (IsEnabled(logLevel)) inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
