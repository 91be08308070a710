using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Server.Turns;

namespace Quorate.Server.Http;

/// <summary>Health, status and metrics for operators and their tools. Answers are written by threads of the pool: a slow
/// reader must not hold the event loop.</summary>
internal sealed class HttpEndpoint(NodeLoop loop, Func<NodeReport> report, Func<IReadOnlyList<KeyspaceReport>> keyspaces)
{
    public void Map(WebApplication app)
    {
        app.MapGet("/livez", context => AnswerAsync(context, () => loop.IsRunning ? (200, "ok\n") : (503, "stopped\n")));
        app.MapGet("/readyz", context => AnswerAsync(context, () =>
            !loop.IsRunning ? (503, "stopped\n")
            : report().Failure is { } refusal ? (503, refusal + "\n")
            : report().Leader is null ? (503, "no leader is known\n")
            : (200, "ok\n")));
        app.MapGet(
            "/status",
            context =>
                AnswerAsync(context, () => (200, (report() with { Keyspaces = keyspaces() }).ToJson()), "application/json"));
        app.MapGet(
            "/",
            context =>
                AnswerAsync(context, () => (200, StatusPage.Write(report() with { Keyspaces = keyspaces() })), "text/html"));
        app.MapGet(
            "/metrics", context => AnswerAsync(context, () => (200, Metrics.Write(report())), "text/plain; version=0.0.4"));
    }

    private static async Task AnswerAsync(HttpContext context, Func<(int Status, string Text)> answer, string type = "text/plain")
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (status, text) = answer();
        context.Response.StatusCode = status;
        context.Response.ContentType = type + "; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
    }
}
