using System.Globalization;
using System.Text.Json;

namespace Quorate.Configuration;

/// <summary>
/// Settings by name from the command line, the environment and a file, in this order of precedence; each remembers where it
/// came from so that a complaint can say so.
/// </summary>
internal sealed class Settings
{
    private readonly Dictionary<string, (string Value, string Source)> _values = [];

    /// <param name="names">All settings there are.</param>
    /// <param name="commandLine">What the command line gives for a name, or null.</param>
    /// <param name="environment">Reads a variable of the environment.</param>
    /// <param name="configFile">A JSON object with the names as keys, or null.</param>
    public static Settings Read(
        IReadOnlyList<string> names, Func<string, string?> commandLine, Func<string, string?> environment, string? configFile)
    {
        var settings = new Settings();
        if (configFile is not null) settings.AddFile(names, configFile);
        foreach (var name in names)
        {
            // Variables that are not settings are no mistake: Kubernetes invents QUORATE_PORT and the like by itself.
            var variable = VariableOf(name);
            if (environment(variable) is { Length: > 0 } fromEnvironment) settings._values[name] = (fromEnvironment, variable);
            if (commandLine(name) is { } fromLine) settings._values[name] = (fromLine, "--" + name);
        }

        return settings;
    }

    public static string VariableOf(string name) => "QUORATE_" + name.ToUpperInvariant().Replace('-', '_');

    public bool Has(string name) => _values.ContainsKey(name);

    public string Text(string name, string whatIsRight, string? fallback = null) =>
        _values.TryGetValue(name, out var found) && found.Value.Length > 0 ? found.Value
        : fallback ?? throw new SettingException(
            $"--{name} is missing: {whatIsRight} (or {VariableOf(name)} in the environment, or \"{name}\" in the --config file)");

    public int Number(string name, int low, int high, int fallback)
    {
        if (!_values.TryGetValue(name, out var found)) return fallback;
        if (int.TryParse(found.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= low && number <= high)
            return number;
        throw Wrong(name, $"a whole number from {low} to {high}");
    }

    public string OneOf(string name, IReadOnlyList<string> words, string fallback)
    {
        if (!_values.TryGetValue(name, out var found)) return fallback;
        return words.Contains(found.Value) ? found.Value : throw Wrong(name, string.Join(" or ", words));
    }

    public string Address(string name, string fallback)
    {
        if (!_values.TryGetValue(name, out var found)) return fallback;
        return Server.Addresses.TryParse(found.Value, out _, out _, out var why) ? found.Value
            : throw Wrong(name, $"host:port, e.g. {fallback}", why);
    }

    /// <summary>The complaint about a setting that is there but wrong.</summary>
    public SettingException Wrong(string name, string right, string? why = null)
    {
        var (value, source) = _values[name];
        return new SettingException($"{source} is '{value}'; it must be {right}{(why is null ? "" : $" ({why})")}");
    }

    private void AddFile(IReadOnlyList<string> names, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new SettingException($"--config {path} must "
                + "hold one JSON object");
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Contains(property.Name))
                    throw new SettingException($"--config {path}: there is no setting \"{property.Name}\"; there are "
                        + $"{string.Join(", ", names)}");
                _values[property.Name] = (ValueOf(property.Value, path, property.Name), $"\"{property.Name}\" in {path}");
            }
        }
        catch (JsonException e)
        {
            throw new SettingException($"--config {path} is not JSON: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"--config {path} cannot be read: {e.Message}");
        }
    }

    /// <summary>A string or number as it stands; an object of strings (the cluster) as name=value,….</summary>
    private static string ValueOf(JsonElement value, string path, string name) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Object => string.Join(',', value.EnumerateObject().Select(p => $"{p.Name}={p.Value}")),
        _ => throw new SettingException($"--config {path}: \"{name}\" must be a string or a number"),
    };
}
