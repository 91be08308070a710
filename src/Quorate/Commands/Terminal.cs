namespace Quorate.Commands;

/// <summary>The person who types commands: reads their answers and writes to them.</summary>
internal sealed record Terminal(TextReader Input, TextWriter Output, CancellationToken Stop)
{
    /// <summary>Asks the person before the program does something that it cannot undo.</summary>
    /// <param name="isYes">The person gave --yes: this asks nothing.</param>
    /// <exception cref="CannotAskException">the person says no, or there is no terminal.</exception>
    public async Task ConfirmAsync(string question, bool isYes)
    {
        if (isYes) return;
        await Output.WriteAsync($"{question} [y/N] ");
        await Output.FlushAsync(Stop);
        string? answer;
        try
        {
            // Reading a console blocks, whatever token it is given.
            answer = await Task.Run(() => Input.ReadLine(), Stop).WaitAsync(Stop);
        }
        catch (OperationCanceledException e)
        {
            throw new CannotAskException("nothing was done", e);
        }

        if (answer is null)
        {
            await Output.WriteLineAsync();
            throw new CannotAskException("nothing was done. This command asks before it changes anything; there is no "
                + "terminal here, so add --yes");
        }

        if (answer.Trim().ToLowerInvariant() is not ("y" or "yes")) throw new CannotAskException("nothing was done");
    }
}
