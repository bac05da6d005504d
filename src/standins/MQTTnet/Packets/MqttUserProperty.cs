// A name and a value that a message carries beside its payload.
namespace MQTTnet.Packets;

/// <summary>A user property of MQTT 5. Both parts are UTF-8 text without NUL.</summary>
/// <param name="name">The name; it may occur more than once.</param>
/// <param name="value">The value.</param>
public sealed class MqttUserProperty(string name, string value)
{
    /// <summary>The name; it may occur more than once.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>The value.</summary>
    public string Value { get; } = value ?? throw new ArgumentNullException(nameof(value));

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is MqttUserProperty other && (Name, Value) == (other.Name, other.Value);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Name, Value);

    /// <inheritdoc />
    public override string ToString() => $"{Name} = {Value}";
}
