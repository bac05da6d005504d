// A bundle that can't be read to its end.

namespace FabNet.Catalogue.Bundles;

/// <summary>A bundle is damaged, cut off or hostile. The message says where, what is imported nevertheless, and what to do.</summary>
public sealed class BundleException : IOException
{
    /// <summary>Creates the exception.</summary>
    public BundleException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
