using System.Diagnostics;

namespace Quorate.Tests;

/// <summary>Three regions played in one process: one is cut off, all are written, it comes back.</summary>
public sealed class RegionTests
{
    private const string UnionOfLines = """
        -- A note is a set of lines: whoever wrote, nobody's line is lost.
        local key, notes = ...
        local lines, seen = {}, {}
        for _, note in ipairs(notes) do
          for _, line in ipairs(split(note, '\n')) do
            if not seen[line] then seen[line] = true; lines[#lines + 1] = line end
          end
        end
        return table.concat(sorted(lines), '\n')
        """;

    [Fact]
    public async Task Written_in_every_region_while_one_is_cut_off_all_answer_the_same_once_it_is_back()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        var script = Path.Combine(folder.Path, "lines.lua");
        await File.WriteAllTextAsync(script, UnionOfLines, TestContext.Current.CancellationToken);
        await using var program = await RunningProgram.DevAsync("--ephemeral", "--regions", "eu,us,ap", "--rtt", "40");
        (await RunAsync(program, "keyspace create shop --strategy multileader --spread region --yes"))
            .ShouldContain("in every region");
        (await RunAsync(program, "keyspace create notes --strategy multileader --conflicts siblings --yes"))
            .ShouldContain("stay side by side");
        (await RunAsync(program, $"keyspace create lines --strategy multileader --merge {script} --yes"))
            .ShouldContain("Rule 'lines' makes one of concurrent strings");
        var clients = new List<RespClient>();
        for (var i = 0; i < 3; i++) clients.Add(await program.ConnectAsync(i));
        foreach (var client in clients)
        {
            foreach (var keyspace in (string[])["shop", "notes", "lines"])
                await Never.UntilAsync(async () => await client.AskAsync("SELECT", keyspace) == "OK", $"{keyspace} is known");
        }

        (await RunAsync(program, "region cut ap")).ShouldBe("ap is cut off\n");
        for (var i = 0; i < 3; i++)
        {
            var client = clients[i];
            (await client.AskAsync("SELECT", "shop")).ShouldBe("OK");
            (await client.AskAsync("SADD", "cart", $"item{i}", $"gone{i}")).ShouldBe("2");
            (await client.AskAsync("SREM", "cart", $"gone{i}")).ShouldBe("1");
            (await client.AskAsync("INCRBY", "visits", $"{1 + (i * 10)}")).ShouldNotStartWith("-");
            (await client.AskAsync("HSET", "profile", $"field{i}", $"{i}")).ShouldBe("1");
            (await client.AskAsync("SET", "note", $"from {i}")).ShouldBe("OK");
        }

        // No region may see another's line before it writes its own, however long that takes: then all three are alone.
        (await RunAsync(program, "region cut eu")).ShouldBe("eu is cut off\n");
        for (var i = 0; i < 3; i++)
        {
            foreach (var keyspace in (string[])["notes", "lines"])
            {
                (await clients[i].AskAsync("SELECT", keyspace)).ShouldBe("OK");
                (await clients[i].AskAsync("SET", "note", $"line {i}")).ShouldBe("OK");
            }
        }

        (await clients[2].AskAsync("GET", "note")).ShouldBe("line 2");
        (await RunAsync(program, "region heal eu")).ShouldBe("eu is in touch again\n");
        (await RunAsync(program, "region heal ap")).ShouldBe("ap is in touch again\n");
        string[] words = [
            "SELECT shop", "SCARD cart", "GET visits", "HGETALL profile", "GET note", "CONFLICTS LIST", "SELECT notes",
            "SIBLINGS note", "SELECT lines", "GET note", "CONFLICTS LIST"];
        var answers = new string[3];
        async Task<bool> AnswerAlike()
        {
            for (var i = 0; i < 3; i++)
            {
                answers[i] = "";
                foreach (var line in words) answers[i] += await clients[i].AskAsync(line.Split(' ')) + "; ";
            }

            return answers.Distinct().Count() == 1
                && answers[0].StartsWith("OK; 3; 33; [field0, 0, field1, 1, field2, 2]; ", StringComparison.Ordinal)
                && answers[0].Contains("; [note]; OK; ", StringComparison.Ordinal) // the note of the shop is listed as a conflict
                && answers[0].Contains("line 0], [string, line 1], [string, line 2]]", StringComparison.Ordinal) // siblings
                && answers[0].EndsWith("OK; line 0\nline 1\nline 2; []; ", StringComparison.Ordinal);
        }

        await Never.UntilAsync(
            AnswerAlike, () => $"all regions answer the same, and all that was written: {string.Join('\n', answers)}");
        (await RunAsync(program, "conflicts list shop")).ShouldBe("note\n");
        (await RunAsync(program, "conflicts count shop")).ShouldStartWith("1 keys are in conflict now\n");
        (await RunAsync(program, "conflicts list lines")).ShouldBe("no key is in conflict\n");
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task Another_region_is_as_far_away_as_it_was_told_and_what_cannot_be_is_said()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral", "--regions", "eu,us,ap", "--rtt", "120");
        using var client = await program.ConnectAsync();
        var fastest = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var began = Stopwatch.GetTimestamp();
            (await client.AskAsync("SET", "k", "v")).ShouldBe("OK");
            var took = Stopwatch.GetElapsedTime(began);
            if (took < fastest) fastest = took;
        }

        fastest.ShouldBeGreaterThan(
            TimeSpan.FromMilliseconds(119), "a majority is in two regions, so no write is faster than the way there and back");
        (await client.AskAsync("QUORATE", "CUT", "mars")).ShouldContain("there is no region 'mars'; there are ap, eu, us");
        (await RunningProgram.FailAsync("dev", "--regions", "eu")).Error.ShouldContain("regions");
        (await RunningProgram.FailAsync("dev", "--regions", "eu,us,ap", "--nodes", "2")).Error.ShouldContain("nodes");
        await using var plain = await RunningProgram.DevAsync("--ephemeral");
        using var other = await plain.ConnectAsync();
        (await other.AskAsync("QUORATE", "CUT", "eu")).ShouldContain("only a cluster that plays regions");
    }

    private static async Task<string> RunAsync(RunningProgram program, string words)
    {
        var (code, output, error) = await CommandLine.RunAsync([
            .. words.Split(' '), "--server", $"127.0.0.1:{program.RespPorts[0]}"]);
        error.ShouldBe("");
        code.ShouldBe(ExitCode.Ok);
        return output;
    }
}
