using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate region</c>: plays the loss of a region, in a cluster of <c>quorate dev --regions</c>.</summary>
internal static class RegionCommand
{
    public static Command Create(Terminal terminal) => new("region", "Cuts a region of 'quorate dev --regions' off from the "
        + "others, and heals it.")
    {
        Asking(terminal, "cut", "Drops every message between a region and the others.", "cut off"),
        Asking(terminal, "heal", "Lets the messages through again.", "in touch again"),
    };

    private static Command Asking(Terminal terminal, string name, string description, string done)
    {
        var (region, server) = (
            new Argument<string>("region") { Description = "Name of the region." }, NodeClient.ServerOption());
        var command = new Command(name, description) { region, server };
        command.SetAction(async (parsed, _) =>
        {
            await new NodeClient(parsed.GetValue(server)!, terminal.Stop)
                .AskAsync("QUORATE", name.ToUpperInvariant(), parsed.GetValue(region)!);
            await terminal.Output.WriteLineAsync($"{parsed.GetValue(region)} is {done}");
            return ExitCode.Ok;
        });
        return command;
    }
}
