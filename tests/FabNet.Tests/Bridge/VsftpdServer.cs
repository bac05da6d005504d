// A vsftpd of the test's own: implicit FTPS on a free loopback port, with the session reuse that it demands by default.

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Bridge;

/// <summary>Anybody may log in as <c>ftp</c>, but with the password <see cref="WrongPassword"/>. Files go to <see cref="Card"/>, as <c>card/NAME</c>.</summary>
internal sealed class VsftpdServer : IAsyncDisposable
{
    public const string WrongPassword = "wrong";

    private const string Program = "/usr/sbin/vsftpd";

    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private VsftpdServer(DirectoryInfo directory, int port, Process process) => (_directory, Port, _process) = (directory, port, process);

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Where files go.</summary>
    public string Card => Path.Combine(_directory.FullName, "root", "card");

    /// <summary>Skips the test where vsftpd is not installed; starts it otherwise.</summary>
    public static async Task<VsftpdServer> StartAsync(TestAuthority authority, string name)
    {
        Assert.SkipUnless(File.Exists(Program), "vsftpd is not installed, so uploads were NOT tested against a real FTPS server. Install the Debian package vsftpd.");
        var directory = Directory.CreateTempSubdirectory("fabnet-vsftpd-");
        var root = directory.CreateSubdirectory("root");
        root.CreateSubdirectory("card");
        SetMode(root.FullName, UnixFileMode.UserRead | UnixFileMode.UserExecute); // vsftpd refuses a root that can be written.
        var (certificate, key) = authority.IssueServerPem(name);
        string In(string file, string content)
        {
            var path = Path.Combine(directory.FullName, file);
            File.WriteAllText(path, content);
            return path;
        }

        var port = MosquittoBroker.FreePort();
        var configuration = In(
            "vsftpd.conf",
            string.Create(CultureInfo.InvariantCulture, $"""
            listen=YES
            listen_address=127.0.0.1
            listen_port={port}
            background=NO
            run_as_launching_user=YES
            seccomp_sandbox=NO
            implicit_ssl=YES
            ssl_enable=YES
            ssl_ciphers=HIGH
            require_ssl_reuse=YES
            strict_ssl_read_eof=YES
            force_anon_logins_ssl=YES
            force_anon_data_ssl=YES
            allow_anon_ssl=YES
            rsa_cert_file={In("certificate.pem", certificate)}
            rsa_private_key_file={In("key.pem", key)}
            anonymous_enable=YES
            local_enable=NO
            write_enable=YES
            anon_upload_enable=YES
            anon_world_readable_only=NO
            anon_umask=022
            anon_root={root.FullName}
            ftp_username={Environment.UserName}
            deny_email_enable=YES
            banned_email_file={In("banned", WrongPassword + "\n")}
            """) + "\n");
        var process = Process.Start(new ProcessStartInfo(Program, [configuration]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var server = new VsftpdServer(directory, port, process);
        try
        {
            await server.WaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        SetMode(Path.Combine(_directory.FullName, "root"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _directory.Delete(recursive: true);
    }

    private static void SetMode(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, mode);
    }

    /// <summary>It says nowhere that it listens, so it is asked.</summary>
    private async Task WaitAsync()
    {
        var limit = Bench.Limit();
        while (true)
        {
            Assert.False(_process.HasExited, $"vsftpd ended: {(_process.HasExited ? await _process.StandardOutput.ReadToEndAsync(limit) + await _process.StandardError.ReadToEndAsync(limit) : "")}");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", Port, limit);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit);
            }
        }
    }
}
