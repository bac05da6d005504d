// The GNU identifiers that SPDX took out of use, in today's form.

namespace FabNet.Model.Licensing;

/// <summary><c>GPL-3.0</c> and <c>GPL-3.0+</c> became <c>GPL-3.0-only</c> and <c>GPL-3.0-or-later</c> in SPDX list 3.0; exceptions stand after WITH since list 2.0.</summary>
internal static class GnuNames
{
    private static readonly Dictionary<string, string> OldExceptions = new(StringComparer.Ordinal)
    {
        ["GPL-2.0-with-autoconf-exception"] = "Autoconf-exception-2.0",
        ["GPL-2.0-with-bison-exception"] = "Bison-exception-2.2",
        ["GPL-2.0-with-classpath-exception"] = "Classpath-exception-2.0",
        ["GPL-2.0-with-font-exception"] = "Font-exception-2.0",
        ["GPL-2.0-with-GCC-exception"] = "GCC-exception-2.0",
        ["GPL-3.0-with-autoconf-exception"] = "Autoconf-exception-3.0",
        ["GPL-3.0-with-GCC-exception"] = "GCC-exception-3.1",
    };

    private static readonly string[] Families = ["GPL-", "LGPL-", "AGPL-", "GFDL-"];

    public static SimpleLicense Modernise(SimpleLicense license)
    {
        if (!SpdxList.IsDeprecated(license.Id))
        {
            return license;
        }

        var (id, exception) = OldExceptions.TryGetValue(license.Id, out var old) && license.Exception is null
            ? (license.Id[..license.Id.IndexOf("-with-", StringComparison.Ordinal)], old)
            : (license.Id, license.Exception);
        var isGnu = Families.Any(f => id.StartsWith(f, StringComparison.Ordinal)) && !id.Contains("-with-", StringComparison.Ordinal);
        return isGnu ? new SimpleLicense(id + (license.OrLater ? "-or-later" : "-only"), OrLater: false, exception) : license;
    }
}
