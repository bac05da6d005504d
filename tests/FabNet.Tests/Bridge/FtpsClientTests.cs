// Uploads by implicit FTPS: to a real vsftpd, and to the simulated printer's own server.

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FabNet.FirmwareBridge.Ftps;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareSimulator.Ftps;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class FtpsClientTests : IDisposable
{
    private const string Serial = "01S00C000000001";
    // TLS sessions are kept by name for the whole process: this one is the real server's alone.
    private const string RealSerial = "01S00C000000990";
    private const string Code = "12345678";

    private readonly TestAuthority _authority = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabnet-card-");
    private readonly PrinterIdentity _identity = new(Serial, TimeProvider.System.GetUtcNow());

    [Fact(Timeout = 40_000)]
    public async Task A_real_server_that_demands_session_reuse_takes_file_after_file()
    {
        await using var server = await VsftpdServer.StartAsync(_authority, RealSerial);
        var content = RandomNumberGenerator.GetBytes(1_500_000);
        var told = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            await using var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit());
            await client.UploadAsync(new MemoryStream(content), $"card/part-{i}.3mf", told.Add, Bench.Limit());
        }

        Assert.Equal(4, Directory.GetFiles(server.Card).Length);
        Assert.All(Directory.GetFiles(server.Card), file => Assert.Equal(content, File.ReadAllBytes(file)));
        Assert.Equal(4, told.Count(static sent => sent == 1_500_000));
        Assert.All(told.Zip(told.Skip(1)), static pair => Assert.True(pair.Second > pair.First || pair.First == 1_500_000));
    }

    [Fact(Timeout = 40_000)]
    public async Task A_real_server_refuses_a_wrong_password()
    {
        await using var server = await VsftpdServer.StartAsync(_authority, RealSerial);
        var refused = await Assert.ThrowsAsync<FtpsException>(() => FtpsClient.ConnectAsync(To(server) with { Password = VsftpdServer.WrongPassword }, Bench.Limit()));
        Assert.Equal(530, refused.Code);
        Assert.Contains("access code", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_real_server_refuses_a_folder_that_is_not_there()
    {
        await using var server = await VsftpdServer.StartAsync(_authority, RealSerial);
        await using var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit());
        var refused = await Assert.ThrowsAsync<FtpsException>(() => client.UploadAsync(new MemoryStream([1]), "nowhere/part.3mf", static _ => { }, Bench.Limit()));
        Assert.Contains("SD card", refused.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 40_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(3_000_001)]
    public async Task A_printer_takes_the_whole_file_whatever_address_it_tells(int bytes)
    {
        await using var server = Printer();
        await using var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit());
        var content = RandomNumberGenerator.GetBytes(bytes);
        await client.UploadAsync(new MemoryStream(content), "part.3mf", static _ => { }, Bench.Limit());
        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(_folder.FullName, "part.3mf"), Bench.Limit()));
        await client.DeleteAsync("part.3mf", Bench.Limit());
        Assert.Empty(_folder.GetFiles());
    }

    [Fact(Timeout = 40_000)]
    public async Task A_wrong_access_code_says_where_to_find_the_right_one()
    {
        await using var server = Printer();
        var refused = await Assert.ThrowsAsync<FtpsException>(() => FtpsClient.ConnectAsync(To(server) with { Password = "87654321" }, Bench.Limit()));
        Assert.Equal(530, refused.Code);
        Assert.Contains("screen", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_full_card_and_a_missing_card_are_told_apart()
    {
        var card = new PrinterCard(_folder.FullName) { CapacityBytes = 200_000 };
        await using var server = Printer(card);
        await using (var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit()))
        {
            var full = await Assert.ThrowsAsync<FtpsException>(() => client.UploadAsync(new MemoryStream(new byte[5_000_000]), "part.3mf", static _ => { }, Bench.Limit()));
            Assert.Equal(552, full.Code);
            Assert.Contains("no room", full.Message, StringComparison.Ordinal);
        }

        card.IsMissing = true;
        await using (var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit()))
        {
            var missing = await Assert.ThrowsAsync<FtpsException>(() => client.UploadAsync(new MemoryStream([1]), "part.3mf", static _ => { }, Bench.Limit()));
            Assert.Equal(550, missing.Code);
            Assert.Contains("check that an SD card is in it", missing.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 40_000)]
    public async Task A_line_end_in_a_name_or_a_password_smuggles_no_command_and_tells_no_secret()
    {
        await using var server = Printer();
        var refused = await Assert.ThrowsAsync<FtpsException>(() => FtpsClient.ConnectAsync(To(server) with { Password = Code + "\r\nDELE x" }, Bench.Limit()));
        Assert.DoesNotContain(Code, refused.Message, StringComparison.Ordinal);
        await using var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit());
        await Assert.ThrowsAsync<FtpsException>(() => client.UploadAsync(new MemoryStream([1]), "a.3mf\r\nDELE x", static _ => { }, Bench.Limit()));
    }

    [Fact(Timeout = 40_000)]
    public async Task Nobody_listening_is_told_with_the_address()
    {
        var port = MosquittoBroker.FreePort();
        var refused = await Assert.ThrowsAsync<FtpsException>(() => FtpsClient.ConnectAsync(Options(port, _identity.Authority), Bench.Limit()));
        Assert.Contains($"127.0.0.1:{port} refuses", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsTransient);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_server_of_another_authority_gets_neither_password_nor_file()
    {
        await using var server = Printer();
        var refused = await Assert.ThrowsAsync<FtpsException>(() => FtpsClient.ConnectAsync(Options(server.Port, _authority.Certificate), Bench.Limit()));
        Assert.Contains("does not chain to the pinned CA", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_server_that_falls_silent_is_given_up_in_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        var late = await Assert.ThrowsAsync<FtpsException>(
            () => FtpsClient.ConnectAsync(Options(port, _identity.Authority) with { Connect = TimeSpan.FromMilliseconds(300) }, Bench.Limit()));
        Assert.Contains("within 0.3 s", late.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_cancelled_upload_ends_and_says_so()
    {
        await using var server = Printer();
        await using var client = await FtpsClient.ConnectAsync(To(server), Bench.Limit());
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Bench.Limit());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.UploadAsync(new MemoryStream(new byte[50_000_000]), "part.3mf", _ => cancel.Cancel(), cancel.Token));
        Assert.False(Bench.Limit().IsCancellationRequested);
    }

    [Theory]
    [InlineData("229 Entering Extended Passive Mode (|||50123|)", 50123)]
    [InlineData("229 Entering Extended Passive Mode (!!!50123!)", 50123)]
    [InlineData("227 Entering Passive Mode (0,0,0,0,195,203).", 50123)]
    [InlineData("227 Entering Passive Mode (192,168,1,7,0,21)", 21)]
    [InlineData("227 Entering Passive Mode (192,168,1,7,300,21)", 0)]
    [InlineData("227 Entering Passive Mode (192,168,1,7,3)", 0)]
    [InlineData("227 Entering Passive Mode", 0)]
    [InlineData("229 (|||99999|)", 0)]
    [InlineData("229 (|||", 0)]
    [InlineData("229 ()", 0)]
    public void The_port_of_a_data_connection_is_read_and_the_address_ignored(string line, int port) =>
        Assert.Equal(port, new FtpReply(FtpReply.ParseCode(line, out _), line[4..]).PassivePort());

    public void Dispose()
    {
        _authority.Dispose();
        _identity.Dispose();
        _folder.Delete(recursive: true);
    }

    private FtpsServer Printer(PrinterCard? card = null) => new(0, card ?? new PrinterCard(_folder.FullName), _identity.Certificate, Code);

    private FtpsOptions To(FtpsServer server) => Options(server.Port, _identity.Authority);

    private FtpsOptions To(VsftpdServer server) => Options(server.Port, _authority.Certificate, RealSerial) with { User = "ftp", Password = "right" };

    private static FtpsOptions Options(int port, X509Certificate2 authority, string serial = Serial) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        User = "bblp",
        Password = Code,
        TlsName = serial,
        Check = new BambuTrust(serial, [authority], null, TimeProvider.System).Check,
    };
}
