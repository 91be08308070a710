using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Quorate.Compare.Faults;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Reads;

/// <summary>
/// Bounded reads at a replica that is cut off from the others for a while, with a write every few milliseconds: each answer must
/// hold every write that was acknowledged longer ago than the bound. What cannot be proved must be refused.
/// </summary>
internal static class BoundedRun
{
    private const int BoundMilliseconds = 300;
    private const int Clients = 4;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(3);

    public static bool Run(QuorateCluster cluster)
    {
        var keyspace = new KeyspaceUnderTest(
            "stock", $"STRATEGY primary REPLICAS 3 ACK majority READS bounded:{BoundMilliseconds}");
        keyspace.Create(cluster);
        var place = ReadRun.Whole(cluster, keyspace.Name);
        var victim = place.Members.First(m => m != place.Leader);
        var writer = new Writer(keyspace, cluster.Ports[place.Leader]);
        var readers = Enumerable.Range(0, Clients).Select(_ => new Reader(keyspace, cluster.Ports[victim], writer)).ToList();
        Thread.Sleep(Phase);
        cluster.Network!.CutOff(victim);
        Thread.Sleep(Phase);
        var refusedAway = readers.Sum(r => r.Refused);
        cluster.Network.Mend();
        Thread.Sleep(Phase);
        foreach (var reader in readers) reader.Dispose();
        writer.Dispose();
        var (read, lies, refused) = (readers.Sum(r => r.Answered), readers.Sum(r => r.Lies), readers.Sum(r => r.Refused));
        var oldest = readers.Max(r => r.OldestMilliseconds);
        Console.WriteLine(string
            .Create(
                CultureInfo.InvariantCulture,
                $"{keyspace.Name}: reads bounded:{BoundMilliseconds} at n{victim + 1}, cut off for {Phase.TotalSeconds:0} s: "
                    + $"{read} answered, {refused} refused ({refusedAway} while it was cut off), {lies} older than promised; "
                    + $"the oldest lacked a write acknowledged {oldest:0} ms before"));
        foreach (var text in readers.SelectMany(r => r.Texts).Distinct()) Console.WriteLine($"  refused with: {text}");
        return lies == 0 && refusedAway > 0 && read > 0 && writer.Written > 0;
    }

    private sealed class Writer : IDisposable
    {
        private readonly Thread _thread;
        private readonly Lock _lock = new();
        private readonly List<long> _acknowledged = [0];
        private volatile bool _isOver;

        public Writer(KeyspaceUnderTest keyspace, int port)
        {
            _thread = new Thread(() =>
            {
                using var client = keyspace.Open(port);
                while (!_isOver)
                {
                    var next = Written + 1;
                    if (client.Call("SET", "n", next.ToString(CultureInfo.InvariantCulture)).IsOk)
                        lock (_lock) _acknowledged.Add(Stopwatch.GetTimestamp());
                    Thread.Sleep(2);
                }
            })
            { IsBackground = true };
            _thread.Start();
        }

        /// <summary>The number last written, which is how many were.</summary>
        public int Written
        {
            get
            {
                lock (_lock) return _acknowledged.Count - 1;
            }
        }

        /// <summary>How long before the moment the write after this one was acknowledged, in milliseconds; negative: after
        /// it.</summary>
        public double LackedFor(int number, long timestamp)
        {
            lock (_lock)
                return number + 1 >= _acknowledged.Count
                    ? 0 : (timestamp - _acknowledged[number + 1]) * 1000.0 / Stopwatch.Frequency;
        }

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
        }
    }

    private sealed class Reader : IDisposable
    {
        private readonly Thread _thread;
        private readonly HashSet<string> _texts = [];
        private volatile bool _isOver;

        public Reader(KeyspaceUnderTest keyspace, int port, Writer writer)
        {
            _thread = new Thread(() => Run(keyspace, port, writer)) { IsBackground = true };
            _thread.Start();
        }

        public int Answered { get; private set; }

        public int Refused { get; private set; }

        public int Lies { get; private set; }

        public double OldestMilliseconds { get; private set; }

        public IReadOnlyCollection<string> Texts => _texts;

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
        }

        private void Run(KeyspaceUnderTest keyspace, int port, Writer writer)
        {
            try
            {
                using var client = keyspace.Open(port);
                while (!_isOver)
                {
                    var asked = Stopwatch.GetTimestamp();
                    var reply = client.Call("GET", "n");
                    if (reply.IsError)
                    {
                        Refused++;
                        _texts.Add(reply.Text);
                        continue;
                    }

                    Answered++;
                    var lacked = writer.LackedFor(reply.IsNull ? 0 : int.Parse(reply.Text, CultureInfo.InvariantCulture), asked);
                    OldestMilliseconds = Math.Max(OldestMilliseconds, lacked);
                    if (lacked > BoundMilliseconds) Lies++;
                    Thread.Sleep(1);
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                _texts.Add(e.Message);
            }
        }
    }
}
