using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Server.Clients;
using Quorate.Server.Http;
using Quorate.Server.Peers;
using Quorate.Server.Storage;
using Quorate.Server.Turns;

namespace Quorate.Server;

/// <summary>
/// The shell around one node: its sockets, its journal and snapshots, its clock and its threads. Several may live in one
/// process. <see cref="BindAsync"/>, then <see cref="StartAsync"/>, then <see cref="DisposeAsync"/>.
/// </summary>
public sealed class NodeServer : IAsyncDisposable
{
    private readonly NodeServerOptions _options;
    private readonly Listeners _listeners;
    private readonly ILogger _log;
    // spinning a hundred times a second is not idle
    private readonly ManualResetEventSlim _stopTicks = new(initialState: false, spinCount: 0);
    private readonly ClientCounters _counters = new();
    private readonly WarmBlocks _blocks = new();
    private NodeStore? _store;
    private NodeLoop? _loop;
    private RespEndpoint? _clients;
    private PeerEndpoint? _peers;
    private PeerLinks? _links;
    private SeatKeeper? _seat;
    private WebApplication? _web;
    private Thread? _ticks;

    private NodeServer(NodeServerOptions options, Listeners listeners)
    {
        _options = options;
        _listeners = listeners;
        _log = options.Logging.CreateLogger($"quorate.{options.Name}");
        RespAddress = WithPort(options.RespAddress, listeners.Resp);
        PeerAddress = WithPort(options.PeerAddress, listeners.Peer);
        HttpAddress = WithPort(options.HttpAddress, listeners.Http);
    }

    /// <summary>Where clients connect, with the port that was really taken.</summary>
    public string RespAddress { get; }

    public string PeerAddress { get; }

    public string HttpAddress { get; }

    /// <inheritdoc cref="NodeLoop.Stopped"/>
    public Task<Exception?> Stopped => Loop.Stopped;

    internal NodeLoop Loop => _loop ?? throw new InvalidOperationException("not started");

    /// <summary>Takes the node's addresses; nobody is served yet.</summary>
    /// <exception cref="CannotStartException">one of them cannot be had.</exception>
    public static async Task<NodeServer> BindAsync(NodeServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SocketEngine.Configure();
        return new NodeServer(options, await Listeners.BindAsync(options));
    }

    /// <summary>Recovers the node from its data folder and begins to serve.</summary>
    /// <param name="members">All nodes that are known, this one included; the map says later who belongs to the cluster.</param>
    /// <exception cref="CannotStartException">the data folder is another node's, in use, or damaged.</exception>
    public async Task StartAsync(IEnumerable<Member> members)
    {
        Member[] all = [.. members
            .OrderBy(m => m.Id).Select(m => m.Id == _options.Self ? m with { RespAddress = RespAddress } : m)];
        _store = NodeStore.Open(_options, all, _log);
        _loop = new NodeLoop(_store.NodeOptions(_options, all) with { Blocks = _blocks }, _store, _log, _options.Regions);
        _loop.Node.MeasureProcess = ProcessMeasure.Take;
        _store.Recover(_loop);

        var identity = new PeerIdentity(_options.Self, all, _options.Founders ?? all, RespAddress);
        _links = new PeerLinks(_loop, identity, _log, _options.Regions);
        _links.Begin(all);
        if (_options is { Founders: not null, DataFolder: { } folder }) _seat = new SeatKeeper(folder, _log);
        _clients = new RespEndpoint(_loop, _options.Clients, _counters);
        _peers = new PeerEndpoint(_loop, identity, _links, _log);
        _loop.MembersChanged = () => OnMembersChanged(identity);
        _web = NodeHosting.Build(
            _listeners, _clients, _peers, new HttpEndpoint(_loop, Report, () => KeyspaceReports.Take(_loop)), _options.Logging);
        _loop.Start();
        _store.Start();
        await _web.StartAsync();
        lock (_loop.Gate) _links.Start();
        _ticks = new Thread(RunTicks) { IsBackground = true, Name = $"quorate {_options.Name} ticks" };
        _ticks.Start();
        _log.Serving(_options.Name, RespAddress, PeerAddress, HttpAddress);
        _ = LogBugAsync();
    }

    /// <summary>The node at this moment.</summary>
    public NodeReport Report() =>
        NodeReports.Take(
            _loop!, _options, _counters, _clients!.ConnectionCount, _links!, (RespAddress, PeerAddress), _store!.JournaledBytes);

    /// <summary>Stops serving, makes durable what is in hand, and gives sockets and files back.</summary>
    public async ValueTask DisposeAsync()
    {
        _loop?.Stop();
        _stopTicks.Set();
        _ticks?.Join();
        if (_loop is not null)
            lock (_loop.Gate) _links?.Dispose();
        _clients?.AbortAll();
        _peers?.AbortAll();
        if (_web is not null)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _web.StopAsync(patience.Token);
            await _web.DisposeAsync();
        }

        _store?.Dispose();
        _loop?.Dispose();
        _blocks.Dispose();
        _listeners.Dispose();
        _stopTicks.Dispose();
    }

    /// <summary>Under the lock.</summary>
    private void OnMembersChanged(PeerIdentity identity)
    {
        if (_loop!.Node.View.Map is not { IsKnown: true } map) return;
        identity.Follow(map);
        _links!.Follow(map);
        _peers!.AbortOthers();
        if (identity.IsRemoved(_options.Self)) _loop.Leave(PeerHello.Removed(_options.Self));
        else _seat?.Keep(_loop.Node.View.Members);
    }

    private void RunTicks()
    {
        // A thread of its own: heartbeats must not wait for a busy thread pool.
        while (!_stopTicks.Wait(IReplica.TickLength))
        {
            _loop!.Tick();
            while (_loop.Read(static node => node.Alarms.TryTake(out var sentence) ? sentence : null) is { } alarm)
                _log.Alarm(alarm);
            while (_loop.Read(static node => node.Alarms.TryTakeNotice(out var sentence) ? sentence : null) is { } notice)
                _log.Notice(notice);
        }
    }

    private async Task LogBugAsync()
    {
        if (await Stopped is { } bug && bug is not RemovedFromClusterException)
            _log.Bug(bug.ToString().ReplaceLineEndings(" | "));
    }

    private static string WithPort(string address, IPEndPoint bound) =>
        $"{address[..address.LastIndexOf(':')]}:{bound.Port}";
}
