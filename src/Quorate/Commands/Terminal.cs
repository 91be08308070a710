namespace Quorate.Commands;

/// <summary>Whoever types commands: what is said to them and what they answer.</summary>
internal sealed record Terminal(TextReader Input, TextWriter Output, CancellationToken Stop)
{
    /// <summary>Asks before something is done that cannot be taken back.</summary>
    /// <param name="isYes">They said --yes: nothing is asked.</param>
    /// <exception cref="CannotAskException">they do not want it, or nobody is there to answer.</exception>
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
            throw new CannotAskException("nothing was done: nobody is here to be asked, and --yes was not given");
        }

        if (answer.Trim().ToLowerInvariant() is not ("y" or "yes")) throw new CannotAskException("nothing was done");
    }
}
