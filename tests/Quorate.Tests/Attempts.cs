using Quorate.Resp;

namespace Quorate.Tests;

/// <summary>
/// What clients send in one go, again and again until no command of it was refused or left open: on a busy machine nodes may
/// elect another leader in the middle. What each attempt shows must be right all the same.
/// </summary>
internal static class Attempts
{
    /// <param name="attempt">True: nothing was refused.</param>
    public static Task UntilNoneIsRefusedAsync(Func<Task<bool>> attempt) =>
        Never.UntilAsync(attempt, "an attempt in which nothing is refused");

    /// <summary>Reads a reply that is OK, or says that the write was refused or left open: then false.</summary>
    public static async Task<bool> IsOkAsync(RespClient client) => IsOk((await client.ReadAsync())!);

    /// <inheritdoc cref="IsOkAsync"/>
    public static bool IsOk(RespReply reply)
    {
        if (RespClient.IsRefusal(reply) || RespClient.IsUncertain(reply)) return false;
        reply.ToString().ShouldBe("OK");
        return true;
    }
}
