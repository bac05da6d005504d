// The words of the dialects: classified, framed, and never a crash on any bytes.

using System.Text;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Streaming;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class DialectTests
{
    [Theory]
    [InlineData("ok", nameof(FirmwareMessageKind.Ok), -1)]
    [InlineData("ok N12 P15 B3", nameof(FirmwareMessageKind.Ok), 12)]
    [InlineData("ok 7", nameof(FirmwareMessageKind.Ok), 7)]
    [InlineData("ok N1x P15 B3", nameof(FirmwareMessageKind.Ok), -1)]
    [InlineData("okx", nameof(FirmwareMessageKind.Unknown), -1)]
    [InlineData("Resend: 42", nameof(FirmwareMessageKind.Resend), 42)]
    [InlineData("rs N42", nameof(FirmwareMessageKind.Resend), 42)]
    [InlineData("Resend: 4?2", nameof(FirmwareMessageKind.Resend), -1)]
    [InlineData("Error:checksum mismatch, Last Line: 41", nameof(FirmwareMessageKind.Error), 1)]
    [InlineData("Error:Printer halted. kill() called!", nameof(FirmwareMessageKind.Error), 0)]
    [InlineData("!! Shutdown due to heater", nameof(FirmwareMessageKind.Error), 0)]
    [InlineData("echo:busy: processing", nameof(FirmwareMessageKind.Busy), 0)]
    [InlineData("echo:busy: paused for user", nameof(FirmwareMessageKind.Busy), 1)]
    [InlineData("wait", nameof(FirmwareMessageKind.Wait), -1)]
    [InlineData("start", nameof(FirmwareMessageKind.Start), -1)]
    [InlineData("echo:start", nameof(FirmwareMessageKind.Echo), -1)]
    [InlineData(" T:210.0 /210.0 B:60.0 /60.0", nameof(FirmwareMessageKind.Temperature), -1)]
    [InlineData("//action:pause", nameof(FirmwareMessageKind.HostAction), -1)]
    [InlineData("X:1.00 Y:2.00 Z:3.00 E:0.00", nameof(FirmwareMessageKind.Position), -1)]
    public void Marlin_lines_are_classified(string line, string kind, int number)
    {
        var message = MarlinDialect.Instance.Parse(Encoding.ASCII.GetBytes(line));
        Assert.Equal(kind, message.Kind.ToString());
        Assert.Equal(number, message.Number);
    }

    [Theory]
    [InlineData("ok", nameof(FirmwareMessageKind.Ok), -1)]
    [InlineData("error:33", nameof(FirmwareMessageKind.Error), 33)]
    [InlineData("ALARM:1", nameof(FirmwareMessageKind.Alarm), 1)]
    [InlineData("<Idle|MPos:0.000,0.000,0.000|FS:0,0>", nameof(FirmwareMessageKind.Status), -1)]
    [InlineData("Grbl 1.1h ['$' for help]", nameof(FirmwareMessageKind.Start), -1)]
    [InlineData("GrblHAL 1.1f ['$' or '$HELP' for help]", nameof(FirmwareMessageKind.Start), -1)]
    [InlineData(">G54:ok", nameof(FirmwareMessageKind.Echo), -1)]
    [InlineData("[MSG:Caution: Unlocked]", nameof(FirmwareMessageKind.Echo), -1)]
    public void Grbl_lines_are_classified(string line, string kind, int number)
    {
        var message = GrblDialect.Instance.Parse(Encoding.ASCII.GetBytes(line));
        Assert.Equal(kind, message.Kind.ToString());
        Assert.Equal(number, message.Number);
    }

    [Fact]
    public void A_framed_line_has_number_and_checksum()
    {
        var buffer = new byte[MarlinDialect.Instance.MaxLineBytes];
        var length = MarlinDialect.Instance.Frame("M105"u8, 3, buffer);
        Assert.Equal("N3 M105*36\n", Encoding.ASCII.GetString(buffer, 0, length));
        Assert.Equal(0, MarlinDialect.Instance.Frame(new byte[95], 3, buffer));
    }

    [Fact]
    public void Several_tools_are_told_apart()
    {
        var readings = MarlinTemperatures.Read("T:210.5 /211.0 B:60.0 /60.0 T0:210.5 /211.0 T1:25.0 /0.0 C:31.5 @:12 B@:0 @0:12 @1:0"u8);
        Assert.Equal(4, readings.Count);
        Assert.Contains(new FirmwareBridge.TemperatureReading(FirmwareBridge.HeaterKind.HotEnd, 1, 25, 0), readings);
        Assert.Contains(new FirmwareBridge.TemperatureReading(FirmwareBridge.HeaterKind.Bed, 0, 60, 60), readings);
        Assert.Contains(new FirmwareBridge.TemperatureReading(FirmwareBridge.HeaterKind.Chamber, 0, 31.5, null), readings);
    }

    [Fact]
    public void No_bytes_crash_a_parser()
    {
        Prop.ForAll<byte[]>(static bytes =>
        {
            foreach (var prefix in new[] { "", "ok ", "Resend: ", "Error:", "T:", "<Idle|", "[OPT:", "ALARM:", "X:" })
            {
                byte[] line = [.. Encoding.ASCII.GetBytes(prefix), .. bytes];
                _ = MarlinDialect.Instance.Parse(line).Kind;
                _ = GrblDialect.Instance.Parse(line).Kind;
                _ = MarlinTemperatures.Read(line).Count;
                _ = new GrblStatus().Read(line);
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Work_position_becomes_machine_position_by_the_remembered_offset()
    {
        var status = new GrblStatus();
        Assert.True(status.Read("Run|WPos:1.000,2.000,3.000|WCO:10.000,20.000,30.000"u8));
        Assert.True(status.Read("Run|WPos:1.500,2.000,3.000|FS:500,0"u8));
        Assert.Equal(new[] { 11.5, 22.0, 33.0 }, status.MachineMm);
        Assert.False(status.Read("Rn|WPos:9.0,9.0,9.0"u8));
        Assert.Equal(11.5, status.MachineMm[0]);
    }
}
