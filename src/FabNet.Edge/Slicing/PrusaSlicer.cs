// Slices a mesh with PrusaSlicer's command line, once for each mesh, settings and version.

using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FabNet.Edge.Configuration;
using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Machines;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge.Slicing;

/// <summary>A mesh to slice.</summary>
/// <param name="Content">Its bytes; read to the end, and left to the caller to dispose of.</param>
/// <param name="Digest">Their digest.</param>
/// <param name="FileName">Its file name: the extension tells the format.</param>
/// <param name="Copies">How many of it; at least 1.</param>
public sealed record SlicerMesh(Stream Content, Digest Digest, string FileName, int Copies = 1);

/// <summary>
/// PrusaSlicer as a child process (source: <c>prusa-slicer --help</c>, 2.5 to 2.9). Its results are cached by digests of the meshes, the settings, the
/// numbers of copies and the slicer's version. At most half of the processors slice at once. Thread safe.
/// </summary>
public sealed partial class PrusaSlicer : IDisposable
{
    /// <summary>What to do where there is no PrusaSlicer.</summary>
    public const string HowToInstall = "PrusaSlicer is not installed: apt install prusa-slicer, or name the program in the site's configuration as slicer: path:.";

    private const string GCodeExtension = ".gcode";

    // What PrusaSlicer writes before each object of a layer, with gcode_label_objects (seen on 2.5.0).
    private const string PrintingLabel = "; printing object ";

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

    /// <summary>Slices meshes for one bed, where the slicer arranges them. Each of them is in what it made, or that is refused.</summary>
    /// <param name="meshes">The meshes; at least one.</param>
    /// <param name="profile">The machine.</param>
    /// <param name="material">The material, upper case.</param>
    /// <param name="cancellationToken">Kills the slicer.</param>
    /// <returns>The G-code, open for reading; the caller disposes of it.</returns>
    /// <exception cref="SlicerException">It could not be sliced; the message says why and what to do.</exception>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public async Task<FileStream> SliceAsync(
        IReadOnlyList<SlicerMesh> meshes, MachineProfile profile, string material, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(meshes);
        var (program, version) = await FindAsync(cancellationToken);
        var settings = SettingsFor(profile, material, isShared: meshes.Count > 1);
        var listed = string.Join('\n', meshes.Select(static m => string.Create(CultureInfo.InvariantCulture, $"{m.Digest} {ExtensionOf(m)} {m.Copies}")).Order(StringComparer.Ordinal));
        var key = Digest.Of(Encoding.UTF8.GetBytes($"{version}\n{listed}\n{settings}"));
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
            var gcode = await RunAsync(program, meshes, settings, key, cancellationToken);
            LogSliced(NameOf(meshes), profile.Name, material, _time.GetElapsedTime(started).TotalSeconds, gcode.Length);
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

    private async Task<FileStream> RunAsync(string program, IReadOnlyList<SlicerMesh> meshes, string settings, Digest key, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fabnet-slice-").FullName;
        try
        {
            var paths = meshes.Select((m, i) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"part{i + 1}{ExtensionOf(m)}"))).ToList();
            var settingsPath = Path.Combine(folder, "settings.ini");
            var outputPath = Path.Combine(folder, "plate.gcode");
            try
            {
                foreach (var (mesh, path) in meshes.Zip(paths))
                {
                    await using var copy = new FileStream(path, FileMode.CreateNew);
                    await mesh.Content.CopyToAsync(copy, cancellationToken);
                }

                await File.WriteAllTextAsync(settingsPath, settings, cancellationToken);
            }
            catch (IOException e)
            {
                throw Disk.Explain(e, folder);
            }

            List<string> arguments = ["--export-gcode", "--load", settingsPath, "--datadir", Path.Combine(folder, "settings"), "--loglevel", "1", "--output", outputPath];
            if (meshes is [{ Copies: > 1 and var copies }])
            {
                arguments.AddRange(["--duplicate", copies.ToString(CultureInfo.InvariantCulture)]);
            }
            else if (meshes.Count > 1)
            {
                arguments.Add("--merge");
            }

            // Merged, a mesh is there as often as it is named.
            arguments.AddRange(meshes.Count == 1 ? paths : meshes.Zip(paths).SelectMany(static p => Enumerable.Repeat(p.Second, p.First.Copies)));
            var result = await RunProgramAsync(program, arguments, folder, cancellationToken);
            if (result.ExitCode != 0 || !File.Exists(outputPath) || new FileInfo(outputPath).Length == 0)
            {
                if (new DriveInfo(folder).AvailableFreeSpace < 1_000_000)
                {
                    throw new DiskFullException($"PrusaSlicer could not write: there is no space left on {Disk.Describe(folder)}. Free some space; the work is tried again.");
                }

                throw new SlicerException($"PrusaSlicer could not slice {NameOf(meshes)}: {WhatItSaid(result, folder)}");
            }

            if (meshes.Count > 1)
            {
                RequireAll(meshes, outputPath);
            }

            return await _cache.AddAsync(key, outputPath, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What lies outside the bed is left out by the slicer without a word: its labels say what is there.</summary>
    private static void RequireAll(IReadOnlyList<SlicerMesh> meshes, string path)
    {
        var printed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith(PrintingLabel, StringComparison.Ordinal))
            {
                printed.Add(line);
            }
        }

        var wanted = meshes.Sum(static m => m.Copies);
        if (printed.Count != wanted)
        {
            throw new SlicerException($"PrusaSlicer put {printed.Count} of {wanted} parts on the bed: {NameOf(meshes)}.");
        }
    }

    private static string ExtensionOf(SlicerMesh mesh) => Path.GetExtension(mesh.FileName).ToLowerInvariant();

    private static string NameOf(IReadOnlyList<SlicerMesh> meshes) => string.Join(", ", meshes.GroupBy(static m => m.FileName, StringComparer.Ordinal)
        .Select(static same => same.Sum(static m => m.Copies) is > 1 and var count ? $"{count} × {same.Key}" : same.Key));

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

        var path = _config.Locate() ?? throw new SlicerException(_config.Path is { } wanted ? $"There is no slicer at {wanted}. {HowToInstall}" : HowToInstall);
        var said = await RunProgramAsync(path, ["--help"], Path.GetTempPath(), cancellationToken);
        var version = VersionPattern().Match(said.Output + said.Errors);
        if (!version.Success)
        {
            throw new SlicerException($"{path} does not say that it is PrusaSlicer. {HowToInstall}");
        }

        _found = (path, version.Value);
        return _found.Value;
    }

    private static string SettingsFor(MachineProfile profile, string material, bool isShared)
    {
        try
        {
            return SlicerSettings.Write(profile, material, isShared);
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
