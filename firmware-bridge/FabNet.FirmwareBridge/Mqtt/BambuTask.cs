// The name under which a start is known to the machine: in its reports, and as the file on its card.

using System.Security.Cryptography;
using System.Text;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// The name of one start, unique for ever: it is what tells, after a lost answer or another process's death, whose print the machine reports (<c>subtask_name</c>, <c>gcode_file</c>).
/// </summary>
/// <param name="Name">Letters, digits, dashes and dots; at most 64.</param>
internal readonly record struct BambuTask(string Name)
{
    private const string Prefix = "fabnet-";

    /// <summary>The file on the machine's card.</summary>
    public string File => Name + ".3mf";

    /// <summary>The name of a start.</summary>
    /// <param name="key">The start's key; a new one if the caller gave none.</param>
    /// <param name="program">What is started.</param>
    public static BambuTask Of(string? key, AdmittedProgram program)
    {
        key ??= Guid.NewGuid().ToString("N");
        // People read the first part on the machine's screen; the hash tells apart what was cut off or replaced in it.
        var readable = string.Concat(key.Take(32).Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' ? letter : '_'));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{program.Digest}")))[..12];
        return new BambuTask($"{Prefix}{readable}-{hash}");
    }

    /// <summary>True if a reported task is this start.</summary>
    /// <param name="task">The task's name as reported.</param>
    /// <param name="file">The file as reported, with or without a path and an extension.</param>
    public bool Is(string task, string file) => task == Name || (file.Length > 0 && FileStem(file) == Name);

    /// <summary>True if a reported task was started by this program, be it another process of it.</summary>
    public static bool IsOurs(string task, string file) =>
        task.StartsWith(Prefix, StringComparison.Ordinal) || FileStem(file).StartsWith(Prefix, StringComparison.Ordinal);

    private static string FileStem(string file)
    {
        var name = file[(file.LastIndexOf('/') + 1)..];
        return name.EndsWith(".3mf", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;
    }
}
