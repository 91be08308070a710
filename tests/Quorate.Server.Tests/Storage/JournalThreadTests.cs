using System.Diagnostics;
using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Server.Storage;

namespace Quorate.Server.Tests.Storage;

public sealed class JournalThreadTests : IDisposable
{
    private const string ChildVariable = "QUORATE_TEST_JOURNAL_CHILD";
    private static readonly JournalOptions Options = new() { SegmentLength = 256 << 10, Salt = 3 };
    private static readonly GroupId One = new(1);
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Many_threads_append_and_hear_of_everything_in_order(bool sync)
    {
        const int each = 3000;
        var gate = new Lock();
        var durable = default(PersistPoint);
        var failure = (string?)null;
        using (var files = new PosixFiles(_temp.Path))
        {
            var journal = NodeJournal.Open(files, Options, (_, _, _) => true).Journal!;
            using var thread = new JournalThread(journal, gate, sync, point =>
            {
                gate.IsHeldByCurrentThread.ShouldBeTrue();
                point.ShouldBeGreaterThan(durable);
                durable = point;
            }, why => failure = why);
            thread.Start();
            var writers = Enumerable.Range(1, 3).Select(g => new Thread(() =>
            {
                for (var i = 0; i < each; i++)
                {
                    lock (gate)
                        journal.Append(new GroupId(g), BitConverter.GetBytes((long)i).Concat(new byte[i % 200]).ToArray());
                    thread.Wake();
                }
            })).ToList();
            writers.ForEach(w => w.Start());
            writers.ForEach(w => w.Join());
            Never.Until(() =>
            {
                lock (gate) return durable == journal.Appended;
            }, "the journal thread has done it");
            thread.Metrics.Batches.ShouldBeGreaterThan(0);
            Enumerable.Range(0, JournalMetrics.BucketCount).Sum(thread.Metrics.Bucket).ShouldBe(thread.Metrics.Batches);
            thread.Metrics.Bytes.ShouldBeGreaterThan(3 * each * 8);
        }

        failure.ShouldBeNull();
        using (var files = new PosixFiles(_temp.Path))
        {
            var next = new long[4];
            NodeJournal.Open(
                files, Options, (group, record, _) => BitConverter.ToInt64(record) == next[group.Value]++).Refusal.ShouldBeNull();
            next[1..].ShouldBe([each, each, each]);
        }
    }

    [Fact]
    public void A_clean_stop_writes_what_is_pending_and_a_mark_behind_it()
    {
        var gate = new Lock();
        using (var files = new PosixFiles(_temp.Path))
        {
            var journal = NodeJournal.Open(files, Options, (_, _, _) => true).Journal!;
            var thread = new JournalThread(journal, gate, sync: true, _ => { }, _ => { });
            thread.Start();
            PersistPoint point;
            lock (gate) point = journal.Append(One, [1, 2, 3]);
            thread.Dispose();
            journal.Completed.ShouldBeGreaterThan(point);
            journal.Attested.ShouldBeGreaterThanOrEqualTo(point);
        }

        using var again = new PosixFiles(_temp.Path);
        NodeJournal.Open(again, Options, (_, _, _) => true).Records.ShouldBe(1);
    }

    [Fact]
    public void The_end_of_the_journal_is_told_once()
    {
        var gate = new Lock();
        var told = 0;
        using var files = new PosixFiles(_temp.Sub("journal"));
        var journal = NodeJournal.Open(files, Options, (_, _, _) => true).Journal!;
        // Nothing can be created in a folder that is not there.
        Directory.Delete(_temp.Sub("journal"));
        using var thread = new JournalThread(journal, gate, sync: true, _ => { }, why =>
        {
            why.ShouldNotBeEmpty();
            told++;
        });
        thread.Start();
        lock (gate) journal.Append(One, [1]);
        thread.Wake();
        Never.Until(() =>
        {
            lock (gate) return told > 0;
        }, "the journal thread has done it");
        lock (gate) journal.Append(One, [1]);
        thread.Wake();
        thread.Dispose();
        told.ShouldBe(1);
        journal.IsFailed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("fdatasync:error=EIO:when=40+", JournalFailure.Sync)]
    [InlineData("pwrite64:error=ENOSPC:when=40+", JournalFailure.DiskFull)]
    [InlineData("pwrite64:error=EIO:when=40+", JournalFailure.Write)]
    public async Task An_error_of_the_real_system_call_ends_the_journal_and_loses_nothing_acknowledged(
        string inject, JournalFailure expected)
    {
        if (!File.Exists("/usr/bin/strace")) Assert.Skip("strace is not installed");
        var call = inject[..inject.IndexOf(':')];
        var start = new ProcessStartInfo("/usr/bin/strace")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [ChildVariable] = _temp.Path },
        };
        foreach (var argument in new[]
        {
            "-f",
            "-qq", "-o", "/dev/null", "-P", _temp.Sub("journal/journal-0000000000000001.seg"), "-e", $"trace={call}", "-e",
            $"inject={inject}",
            Path.ChangeExtension(typeof(JournalThreadTests).Assembly.Location, null),
            "-method", $"*.{nameof(Child_appends_until_the_journal_fails)}",
        }) start.ArgumentList.Add(argument);
        using (var process = Process.Start(start)!)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            using var patience = new CancellationTokenSource(Never.Bound);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail("the child does not end");
            }

            if (!File.Exists(_temp.Sub("result")))
            {
                if ((await errors).Contains("ptrace", StringComparison.OrdinalIgnoreCase))
                    Assert.Skip("strace may not trace here");
                Assert.Fail(await output + await errors);
            }
        }

        var result = await File.ReadAllLinesAsync(_temp.Sub("result"));
        result[0].ShouldBe(expected.ToString());
        var acknowledged = long.Parse(result[1]);
        acknowledged.ShouldBeGreaterThan(0);
        using var files = new PosixFiles(_temp.Sub("journal"));
        var recovery = NodeJournal.Open(files, Options, (_, _, _) => true);
        recovery.Refusal.ShouldBeNull();
        recovery.Last.Value.ShouldBeGreaterThanOrEqualTo(acknowledged);
    }

    /// <summary>Not a test of its own: the process in which the one above lets system calls fail.</summary>
    [Fact]
    public void Child_appends_until_the_journal_fails()
    {
        var path = Environment.GetEnvironmentVariable(ChildVariable);
        if (path is null) Assert.Skip("runs inside another test");
        using var files = new PosixFiles(Path.Combine(path, "journal"));
        var journal = NodeJournal.Open(files, Options, (_, _, _) => true).Journal!;
        var acknowledged = 0L;
        for (var i = 0; i < 1000 && !journal.IsFailed; i++)
        {
            journal.Append(One, new byte[100]);
            var batch = journal.TakeBatch()!;
            if (journal.Write(batch, sync: true)) acknowledged = journal.Complete(batch).Value;
        }

        File.WriteAllLines(Path.Combine(path, "result.new"), [journal.Failure.ToString(), $"{acknowledged}", journal.Why ?? ""]);
        File.Move(Path.Combine(path, "result.new"), Path.Combine(path, "result"));
    }
}
