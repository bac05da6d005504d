// Finds the serial ports that really exist on this machine.
namespace System.IO.Ports;

/// <summary>
/// Reads <c>/dev</c> and <c>/sys/class/tty</c>. The kernel makes ttyS entries for UARTs that are not fitted; their sysfs <c>type</c> is 0
/// (PORT_UNKNOWN, linux/serial.h), and they are left out.
/// </summary>
internal static class SerialPortNames
{
    private static readonly string[] Families = ["ttyUSB", "ttyACM", "ttyAMA", "ttyS"];

    /// <summary>
    /// The ports below these roots, each device once: first those with a stable name under <c>serial/by-id</c>, then the rest by family and number.
    /// </summary>
    internal static string[] Below(string devices, string ttyClass)
    {
        var names = new List<string>();
        var seen = new HashSet<string>();
        string byId = Path.Combine(devices, "serial", "by-id");
        if (Directory.Exists(byId))
        {
            foreach (string link in Directory.GetFileSystemEntries(byId).Order(StringComparer.Ordinal))
            {
                // A link whose device has just gone has no target any more.
                if (File.ResolveLinkTarget(link, returnFinalTarget: true) is { Exists: true } device && seen.Add(device.FullName))
                {
                    names.Add(link);
                }
            }
        }

        foreach (string family in Families)
        {
            names.AddRange(
                from device in Directory.GetFiles(devices, family + "*")
                let number = Number(Path.GetFileName(device), family)
                where number >= 0 && seen.Add(device) && IsFitted(Path.Combine(ttyClass, Path.GetFileName(device)))
                orderby number
                select device);
        }

        return [.. names];
    }

    private static int Number(string name, string family) =>
        int.TryParse(name.AsSpan(family.Length), Globalization.NumberStyles.None, Globalization.CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static bool IsFitted(string ttyEntry)
    {
        string type = Path.Combine(ttyEntry, "type");
        return !File.Exists(type) || File.ReadAllText(type).Trim() != "0";
    }
}
