using System.CommandLine;
namespace Quorate.Commands;
internal static class LabCommand
{
    public static Command Create(TextWriter output) => new("lab", "x");
}
