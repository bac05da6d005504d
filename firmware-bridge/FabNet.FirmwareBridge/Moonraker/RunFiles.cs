// The files of runs on the machine: their names, what Moonraker's history says of them, and clearing old ones away.

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>Run files in <see cref="MoonrakerFiles.Folder"/>.</summary>
internal static class RunFiles
{
    /// <summary>
    /// The file's name of a run: unlike any other, by which it is recognised even by a later process. A start key gives the same name again, so that the same start is
    /// recognised too.
    /// </summary>
    public static string NameOf(ActiveRun run)
    {
        var key = run.Options.StartKey is { } startKey ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(startKey)))[..12] : Guid.NewGuid().ToString("N")[..12];
        var name = string.Concat(run.Options.Name.Take(60).Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{run.Program.Digest.Short}-{key}.gcode");
    }

    /// <summary>True for a file of this program's.</summary>
    public static bool IsOurs(string file) => file.StartsWith(MoonrakerFiles.Folder + "/", StringComparison.Ordinal);

    /// <summary>How the newest job of a file ended, by <c>server.history.list</c>; null if it is not there.</summary>
    public static string? StatusIn(JsonElement history, string file)
    {
        foreach (var job in history.Member("jobs").Items())
        {
            if (job.Text("filename") == file)
                return job.Text("status");
        }

        return null;
    }

    /// <summary>Removes all but the newest files.</summary>
    /// <param name="link">The connection.</param>
    /// <param name="options">How many stay.</param>
    /// <param name="events">Where it is told what could not be removed.</param>
    /// <param name="then">Called once it is over, however it went.</param>
    public static void Clean(MoonrakerLink link, MoonrakerMachineOptions options, EventOutbox events, Action then) =>
        link.Ask("server.files.get_directory", static writer => writer.WriteString("path", $"gcodes/{MoonrakerFiles.Folder}"), options.Answer, answer =>
        {
            var old = answer.IsDone ? Old(answer.Result, options.KeptFiles) : [];
            if (answer.Outcome is RpcOutcome.Refused or RpcOutcome.Late)
                events.Note($"{options.Address}: old programs could not be listed: {answer.Message}");
            RemoveNext(old, 0);

            void RemoveNext(string[] names, int index)
            {
                if (index == names.Length)
                {
                    then();
                    return;
                }

                link.Ask("server.files.delete_file", writer => writer.WriteString("path", $"gcodes/{MoonrakerFiles.Folder}/{names[index]}"), options.Answer, removed =>
                {
                    if (removed.Outcome is RpcOutcome.Refused or RpcOutcome.Late)
                        events.Note($"{options.Address}: {names[index]} could not be removed: {removed.Message}");
                    RemoveNext(names, index + 1);
                });
            }
        });

    private static string[] Old(JsonElement directory, int kept) =>
    [
        .. directory.Member("files").Items().OrderByDescending(static file => file.Number("modified") ?? 0).Select(static file => file.Text("filename") ?? "").Where(static name => name.Length > 0).Skip(kept),
    ];
}
