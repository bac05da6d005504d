// Reads the `broker:` section of a site's configuration.

using System.Buffers;
using FabNet.Model.Yaml;

namespace FabNet.Edge.Configuration;

internal static class BrokerConfigReader
{
    private const string DefaultPrefix = "homeassistant";

    // What no Sparkplug id and no topic level may hold.
    private static readonly SearchValues<char> Wild = SearchValues.Create("+#/");

    /// <param name="section">The section; null where the file has none.</param>
    /// <param name="resolve">Makes a path absolute.</param>
    public static BrokerConfig? Read(YamlSection? section, Func<string, string> resolve)
    {
        if (section is null)
        {
            return null;
        }

        var tls = section.Flag("tls") ?? false;
        var broker = new BrokerConfig
        {
            Host = section.RequiredText("host", "127.0.0.1"),
            Port = section.Integer("port", 1, 65535) ?? (tls ? 8883 : 1883),
            Tls = tls,
            CertificateAuthority = section.Text("certificateAuthority") is { } authority ? resolve(authority) : null,
            User = section.Text("user"),
            PasswordFile = section.Text("passwordFile") is { } file ? resolve(file) : null,
            Sparkplug = ReadSparkplug(section.Section("sparkplug")),
            HomeAssistantPrefix = ReadPrefix(section),
        };
        if (broker is { PasswordFile: not null, User: null })
        {
            section.Refuse("passwordFile", "'broker.passwordFile' needs 'broker.user' beside it.");
        }

        if (broker is { Sparkplug: null, HomeAssistantPrefix: null })
        {
            section.Refuse("host", "'broker' names nothing to publish. Write sparkplug: { group: FabNet }, or homeAssistant: true, or both.");
        }

        section.RefuseUnknownKeys();
        return broker;
    }

    private static SparkplugConfig? ReadSparkplug(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var sparkplug = new SparkplugConfig
        {
            Group = Level(section, "group") ?? new SparkplugConfig().Group,
            PrimaryHost = Level(section, "primaryHost"),
            AcceptJobControl = section.Flag("acceptJobControl") ?? false,
        };
        section.RefuseUnknownKeys();
        return sparkplug;
    }

    private static string? Level(YamlSection section, string key)
    {
        var text = section.Text(key);
        if (text is not null && (text.Length == 0 || text.AsSpan().ContainsAny(Wild)))
        {
            section.Refuse(key, $"'{section.PathOf(key)}' is '{text}'. It is one level of a topic: without / + and #.");
        }

        return text;
    }

    private static string? ReadPrefix(YamlSection section)
    {
        switch (section.Text("homeAssistant"))
        {
            case null or "false" or "no":
                return null;
            case "true" or "yes":
                return DefaultPrefix;
            case var prefix when prefix.Length > 0 && !prefix.AsSpan().ContainsAny('+', '#') && prefix[0] != '/' && prefix[^1] != '/':
                return prefix;
            case var other:
                section.Refuse("homeAssistant", $"'{section.PathOf("homeAssistant")}' is '{other}'. Write true, or Home Assistant's discovery prefix, without + and #.");
                return null;
        }
    }
}
