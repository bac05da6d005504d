// Where a fork comes from.

namespace FabNet.Model.Designs;

/// <summary>The version that a fork was made from.</summary>
/// <param name="Publisher">The identity of its publisher (the id of the publisher's first statement); null where the version was published without one.</param>
/// <param name="Design">Its name, version and manifest.</param>
public sealed record ForkOrigin(Digest? Publisher, DesignRef Design);
