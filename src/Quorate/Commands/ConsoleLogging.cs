using Microsoft.Extensions.Logging;

namespace Quorate.Commands;

/// <summary>The log goes to stderr, one line an event.</summary>
internal static class ConsoleLogging
{
    public static ILoggerFactory Create(bool quiet = false) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(quiet ? LogLevel.Error : LogLevel.Information);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    });
}
