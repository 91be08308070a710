namespace Quorate.Strategies.MultiLeader;

/// <summary>This replica began without memory of what it had made.</summary>
/// <param name="Born">All it made and numbered up to here it may have forgotten.</param>
/// <param name="Record">The content of the record that says so.</param>
internal sealed record Birth(long Born, byte[] Record);
