namespace Quorate.Configuration;

/// <summary>A setting is missing or wrong. The message is one line that names it and says what is right.</summary>
internal sealed class SettingException(string message) : Exception(message);
