// Which ports are listed, and in which order.
using System.IO.Ports;
using Xunit;

namespace FabNet.Tests.Ports.StandIn;

public sealed class SerialPortNamesTests
{
    [Fact]
    public void Every_listed_port_exists_and_is_listed_once()
    {
        string[] names = SerialPort.GetPortNames();

        Assert.All(names, name => Assert.True(File.Exists(name), name));
        Assert.Distinct(names.Select(name => File.ResolveLinkTarget(name, returnFinalTarget: true)?.FullName ?? name));
    }

    [Fact]
    public void Stable_names_come_first_then_each_family_by_number_without_dead_uarts()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("fabnet-ports-");
        try
        {
            string devices = root.CreateSubdirectory("dev").FullName;
            string ttyClass = root.CreateSubdirectory("class").FullName;
            foreach (string device in new[] { "ttyUSB10", "ttyUSB2", "ttyUSB0", "ttyACM0", "ttyAMA0", "ttyS0", "ttyS1", "ttyS", "ttyprintk", "tty1" })
            {
                File.WriteAllText(Path.Combine(devices, device), "");
            }

            foreach (var (uart, type) in new[] { ("ttyS0", "4\n"), ("ttyS1", "0\n") })
            {
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(ttyClass, uart)).FullName, "type"), type);
            }

            string byId = Directory.CreateDirectory(Path.Combine(devices, "serial", "by-id")).FullName;
            File.CreateSymbolicLink(Path.Combine(byId, "usb-Prusa_Research_MK3-if00"), "../../ttyACM0");
            File.CreateSymbolicLink(Path.Combine(byId, "usb-1a86_USB_Serial-if00-port0"), "../../ttyUSB2");
            File.CreateSymbolicLink(Path.Combine(byId, "usb-Gone-if00"), "../../ttyUSB7");

            Assert.Equal(
                ["serial/by-id/usb-1a86_USB_Serial-if00-port0", "serial/by-id/usb-Prusa_Research_MK3-if00", "ttyUSB0", "ttyUSB10", "ttyAMA0", "ttyS0"],
                SerialPortNames.Below(devices, ttyClass).Select(name => Path.GetRelativePath(devices, name)));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
