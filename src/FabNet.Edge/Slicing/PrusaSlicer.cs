// Slices a mesh with PrusaSlicer's command line, once for each mesh, settings and version.

using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FabNet.Edge.Configuration;
using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Machines;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge.Slicing;

/// <summary>
/// PrusaSlicer as a child process (source: <c>prusa-slicer --help</c>, 2.5 to 2.9). Its results are cached by digest of the mesh, the settings, the
/// number of copies and the slicer's version. At most half of the processors slice at once. Thread safe.
/// </summary>
public sealed partial class PrusaSlicer : IDisposable
{
    /// <summary>What to do where there is no PrusaSlicer.</summary>
    public const string HowToInstall = "PrusaSlicer is not installed: apt install prusa-slicer, or name the program in the site's configuration as slicer: path:.";

    private const string GCodeExtension = ".gcode";

    private readonly SlicerConfig _config;
    private readonly FileCache _cache;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount / 2));
    private (string Path, string Version)? _found;

    /// <summary>Creates the slicer; the program is looked for when it is first needed.</summary>
    /// <param name="config">Where it is, and how long it may take.</param>
    /// <param name="cacheFolder">Where sliced G-code is kept.</param>
    /// <param name="maxCacheBytes">How much is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">What happens goes here.</param>
    public PrusaSlicer(SlicerConfig config, string cacheFolder, long maxCacheBytes, TimeProvider time, ILogger<PrusaSlicer> logger)
    {
        _config = config;
        _cache = new FileCache(cacheFolder, GCodeExtension, maxCacheBytes, time);
        _time = time;
        _logger = logger;
    }

    /// <summary>Slices a mesh.</summary>
    /// <param name="mesh">The mesh's bytes; read to the end.</param>
    /// <param name="meshDigest">Their digest.</param>
    /// <param name="fileName">The mesh's file name: its extension tells the format.</param>
    /// <param name="profile">The machine.</param>
    /// <param name="material">The material, upper case.</param>
    /// <param name="copies">How many copies on the bed, arranged by the slicer.</param>
    /// <param name="cancellationToken">Kills the slicer.</param>
    /// <returns>The G-code, open for reading; the caller disposes of it.</returns>
    /// <exception cref="SlicerException">It could not be sliced; the message says why and what to do.</exception>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public async Task<FileStream> SliceAsync(
        Stream mesh, Digest meshDigest, string fileName, MachineProfile profile, string material, int copies, CancellationToken cancellationToken = default)
    {
        var (program, version) = await FindAsync(cancellationToken);
        var settings = SettingsFor(profile, material);
        var key = Digest.Of(Encoding.UTF8.GetBytes($"{meshDigest}\n{Path.GetExtension(fileName).ToLowerInvariant()}\n{version}\n{copies}\n{settings}"));
        if (_cache.TryOpen(key) is { } cached)
        {
            return cached;
        }

        await _slots.WaitAsync(cancellationToken);
        try
        {
            if (_cache.TryOpen(key) is { } meanwhile)
            {
                return meanwhile;
            }

            var started = _time.GetTimestamp();
            var gcode = await RunAsync(program, mesh, fileName, settings, copies, key, cancellationToken);
            LogSliced(fileName, profile.Name, material, _time.GetElapsedTime(started).TotalSeconds, gcode.Length);
            return gcode;
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, _cache.Folder);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The slicer's version, such as <c>PrusaSlicer-2.5.0</c>.</summary>
    /// <exception cref="SlicerException">There is none, or it does not run.</exception>
    public async Task<string> GetVersionAsync(CancellationToken cancellationToken = default) => (await FindAsync(cancellationToken)).Version;

    /// <inheritdoc />
    public void Dispose() => _slots.Dispose();

    private async Task<FileStream> RunAsync(
        string program, Stream mesh, string fileName, string settings, int copies, Digest key, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fabnet-slice-").FullName;
        try
        {
            var meshPath = Path.Combine(folder, "part" + Path.GetExtension(fileName).ToLowerInvariant());
            var settingsPath = Path.Combine(folder, "settings.ini");
            var outputPath = Path.Combine(folder, "part.gcode");
            try
            {
                await using (var copy = new FileStream(meshPath, FileMode.CreateNew))
                {
                    await mesh.CopyToAsync(copy, cancellationToken);
                }

                await File.WriteAllTextAsync(settingsPath, settings, cancellationToken);
            }
            catch (IOException e)
            {
                throw Disk.Explain(e, folder);
            }

            List<string> arguments =
            [
                "--export-gcode", "--load", settingsPath, "--datadir", Path.Combine(folder, "settings"), "--loglevel", "1", "--output", outputPath,
                .. copies > 1 ? (string[])["--duplicate", copies.ToString(System.Globalization.CultureInfo.InvariantCulture)] : [],
                meshPath,
            ];
            var result = await RunProgramAsync(program, arguments, folder, cancellationToken);
            if (result.ExitCode != 0 || !File.Exists(outputPath) || new FileInfo(outputPath).Length == 0)
            {
                if (new DriveInfo(folder).AvailableFreeSpace < 1_000_000)
                {
                    throw new DiskFullException($"PrusaSlicer could not write: there is no space left on {Disk.Describe(folder)}. Free some space; the work is tried again.");
                }

                throw new SlicerException($"PrusaSlicer could not slice {fileName}: {WhatItSaid(result, folder)}");
            }

            return await _cache.AddAsync(key, outputPath, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<ChildResult> RunProgramAsync(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await ChildProcess.RunAsync(program, arguments, folder, _config.TimeLimit, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new SlicerException($"Slicing was given up: {e.Message} Raise slicer: timeLimitMinutes: in the site's configuration, or simplify the mesh.", e);
        }
        catch (Win32Exception e)
        {
            _found = null;
            throw new SlicerException($"{program} can't be started: {e.Message}. {HowToInstall}", e);
        }
    }

    private async Task<(string Path, string Version)> FindAsync(CancellationToken cancellationToken)
    {
        if (_found is { } found)
        {
            return found;
        }

        var path = Locate() ?? throw new SlicerException(_config.Path is { } wanted ? $"There is no slicer at {wanted}. {HowToInstall}" : HowToInstall);
        var said = await RunProgramAsync(path, ["--help"], Path.GetTempPath(), cancellationToken);
        var version = VersionPattern().Match(said.Output + said.Errors);
        if (!version.Success)
        {
            throw new SlicerException($"{path} does not say that it is PrusaSlicer. {HowToInstall}");
        }

        _found = (path, version.Value);
        return _found.Value;
    }

    private string? Locate()
    {
        if (_config.Path is { } path && path.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return File.Exists(path) ? path : null;
        }

        string[] names = _config.Path is { } name ? [name] : ["prusa-slicer", "PrusaSlicer", "prusa-slicer-console.exe"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.SelectMany(n => folders.Select(f => Path.Combine(f, n))).FirstOrDefault(File.Exists);
    }

    private static string SettingsFor(MachineProfile profile, string material)
    {
        try
        {
            return SlicerSettings.Write(profile, material);
        }
        catch (FormatException e)
        {
            throw new SlicerException(e.Message, e);
        }
    }

    private static string WhatItSaid(ChildResult result, string folder)
    {
        var lines = (result.Errors + "\n" + result.Output)
            .Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => !l.Contains("[trace]", StringComparison.Ordinal) && !l.Contains(" => ", StringComparison.Ordinal)
                && !l.StartsWith("terminate called", StringComparison.Ordinal));
        var said = string.Join(' ', lines.TakeLast(6)).Replace("what():  ", "", StringComparison.Ordinal);
        return said.Length > 0 ? $"{said} (exit code {result.ExitCode})" : $"it ended with exit code {result.ExitCode} and said nothing.";
    }

    [GeneratedRegex(@"PrusaSlicer-\d+\.\d+\.\d+\S*", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();

    [LoggerMessage(LogLevel.Information, "Sliced {File} for {Profile} in {Material} in {Seconds:0.0} s: {Bytes} bytes of G-code.")]
    private partial void LogSliced(string file, string profile, string material, double seconds, long bytes);
}
