// A PostgreSQL of the tests' own: on a Unix socket in a temporary folder, started when the first test asks for it.

using System.Diagnostics;
using System.Globalization;
using FabNet.Journal;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(FabNet.Tests.Journal.PostgresServer))]

namespace FabNet.Tests.Journal;

/// <summary>One server for all tests of a run; each takes a database of its own. PostgreSQL refuses to run as root, so it then runs as another user.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    private readonly SemaphoreSlim _gate = new(1);
    private DirectoryInfo? _folder;
    private Process? _process;
    private Task _log = Task.CompletedTask;
    private int _databases;

    /// <summary>Skips the test where PostgreSQL is not installed; otherwise gives it an empty database.</summary>
    public async Task<PostgresAddress> CreateDatabaseAsync() => PostgresAddress.Parse(await CreateDatabaseUrlAsync());

    /// <summary>As <see cref="CreateDatabaseAsync"/>, as a person writes it.</summary>
    public async Task<string> CreateDatabaseUrlAsync()
    {
        Assert.SkipUnless(Programs is not null, "SKIPPED: PostgreSQL is not installed, so nothing was tested on it. Install the Debian package postgresql.");
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_process is null)
            {
                await StartAsync();
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"test{++_databases}");
            await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
            return $"postgres:///{name}?host={_folder!.FullName}&user=tester";
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs SQL beside what is tested.</summary>
    public async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection($"Host={_folder!.FullName};Username=tester;Database={database};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            using (process)
            {
                // The postmaster's id is in its own file; what was started may be the program that changed the user.
                var id = int.Parse(File.ReadLines(Path.Combine(_folder!.FullName, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
                using var kill = Process.Start("kill", ["-INT", id.ToString(CultureInfo.InvariantCulture)]);
                await kill.WaitForExitAsync();
                await process.WaitForExitAsync();
                await _log;
            }
        }

        _folder?.Delete(recursive: true);
        _gate.Dispose();
    }

    private async Task StartAsync()
    {
        _folder = Directory.CreateTempSubdirectory("fabnet-postgres-");
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync(new ProcessStartInfo("chown", ["nobody", _folder.FullName]));
            LetThrough(_folder.Parent!);
        }

        var data = Path.Combine(_folder.FullName, "data");
        await RunAsync(As("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=tester", "--pgdata", data));

        // A kill of a process loses nothing that was written, synced or not: fsync would only be slow here.
        var start = As("postgres", "-D", data, "-k", _folder.FullName, "-c", "listen_addresses=", "-c", "fsync=off");
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        var log = new List<string>();
        while (await _process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            log.Add(line);
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                _log = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException($"PostgreSQL did not start: {string.Join('\n', log)}");
    }

    // The folder of this run is root's own; who runs the server must be able to pass it, not to list it.
    private static void LetThrough(DirectoryInfo folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        }
    }

    private static ProcessStartInfo As(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs!, program);
        return Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", path, .. arguments]) { WorkingDirectory = "/" }
            : new ProcessStartInfo(path, arguments);
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{start.FileName}: {await output}{await errors}");
    }
}
