using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Tests.Commands;

/// <summary>One client of a <see cref="FakeNode"/>: sends commands as text, gets RESP as one line.</summary>
internal sealed class Asker
{
    private readonly RespWriter _reply = new();

    public Asker(FakeNode? node = null, int protocol = 2)
    {
        Node = node ?? new FakeNode();
        var id = Node.Connected.Count + 1;
        Session = new SessionState(id, $"1.1.1.1:{id}", "10.0.0.1:6379", At(0)) { Protocol = protocol };
        Node.Connected.Add(Session);
    }

    public FakeNode Node { get; }

    public SessionState Session { get; }

    public StepTime Now { get; set; } = At(10_000);

    /// <summary>The last command, if it waits.</summary>
    public NodeCommand? Waiting { get; private set; }

    public static StepTime At(long milliseconds) =>
        new(milliseconds * StepTime.NanosecondsPerMillisecond, 1_700_000_000_000 + milliseconds);

    public static string OneLine(ReadOnlySpan<byte> resp) =>
        Encoding.Latin1.GetString(resp).Replace("\r\n", " ", StringComparison.Ordinal).TrimEnd(' ');

    /// <summary>Executes commands separated by <c>;</c>. A word <c>""</c> is the empty one, <c>~</c> in a word is a
    /// blank.</summary>
    public string Ask(string commands)
    {
        _reply.Clear();
        foreach (var text in commands.Split(';', StringSplitOptions.TrimEntries)) Execute(text);
        return OneLine(_reply.Written.Span);
    }

    /// <summary>As <see cref="Ask"/>, but with the line ends as they are.</summary>
    public string AskRaw(string commands)
    {
        Ask(commands);
        return Encoding.Latin1.GetString(_reply.Written.Span);
    }

    /// <summary>Tries a waiting command again at a later time; null when it still waits.</summary>
    public string? TryAgain(long milliseconds)
    {
        Now = At(milliseconds);
        _reply.Clear();
        return Waiting!.TryAnswer(Now) ? OneLine(_reply.Written.Span) : null;
    }

    private void Execute(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w == "\"\"" ? "" : w.Replace('~', ' ')).ToArray();
        var buffer = new List<byte>();
        var ranges = new List<ArgRange>();
        foreach (var word in words)
        {
            var bytes = Encoding.Latin1.GetBytes(word);
            ranges.Add(new ArgRange(buffer.Count, bytes.Length));
            buffer.AddRange(bytes);
        }

        var args = new CommandArgs(buffer.ToArray(), ranges.ToArray());
        if (NodeCommandTable.Find(args.Name) is not { } entry)
        {
            CommandErrors.UnknownCommand(_reply, args);
            return;
        }

        var command = new NodeCommand(Session, Node, _reply);
        NodeCommandTable.Execute(entry, command, args, Now);
        Waiting = command.IsWaiting ? command : null;
    }
}
