// A fork's licence against its origin's, as manifests state them: some are no SPDX expressions.

using FabNet.Model.Licensing;

namespace FabNet.Catalogue.Trust;

/// <summary>Judges the licences of a fork and its origin.</summary>
internal static class ForkLicence
{
    /// <summary>Why a fork may not be published; null if it may.</summary>
    /// <param name="origin">The origin's licence as its manifest states it.</param>
    /// <param name="fork">The fork's.</param>
    public static string? FindObstacle(string origin, string fork)
    {
        try
        {
            var from = LicenseExpression.Parse(origin);
            return ForkCompatibility.FindObstacle(from, LicenseExpression.Parse(fork));
        }
        catch (LicenseSyntaxException e)
        {
            return $"{e.Message}. What can't be read can't be compared; ask the publisher for a licence of the SPDX list.";
        }
    }
}
