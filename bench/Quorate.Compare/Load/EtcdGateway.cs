using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Quorate.Compare.Load;

/// <summary>etcd's JSON gateway: for the few calls where convenience counts and speed does not.</summary>
internal static class EtcdGateway
{
    private static readonly HttpClient Http = new(
        new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) })
    { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>True when the node at this port says that it is the leader itself.</summary>
    public static bool Leads(int port)
    {
        var answer = Post(port, "maintenance/status", new { }, 1000);
        if (answer is not { } status) return false;
        return status.TryGetProperty("leader", out var leader)
            && status.GetProperty("header").GetProperty("member_id").GetString() == leader.GetString();
    }

    /// <summary>True when the put was acknowledged within the limit.</summary>
    public static bool TryPut(int port, string key, string value, int limitMilliseconds) =>
        Post(port, "kv/put", new { key = Base64(key), value = Base64(value) }, limitMilliseconds) is { } answer
            && answer.TryGetProperty("header", out _);

    private static JsonElement? Post(int port, string what, object body, int limitMilliseconds)
    {
        try
        {
            using var limit = new CancellationTokenSource(limitMilliseconds);
            using var answer = Http.PostAsJsonAsync($"http://127.0.0.1:{port}/v3/{what}", body, limit.Token)
                .GetAwaiter().GetResult();
            if (!answer.IsSuccessStatusCode) return null;
            return answer.Content.ReadFromJsonAsync<JsonElement>(limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return null;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
