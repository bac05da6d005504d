// The instant firmware behind a pty, in a process of its own.

using System.Diagnostics;
using System.Globalization;
using FabNet.FirmwareSimulator.Wire;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Streaming;

/// <summary>Says the port's path, then answers each line of its input with how many lines came, over how many seconds and in how many batches, and counts anew.</summary>
internal static class ResponderProcess
{
    public static int Run(string dialect)
    {
        var firmware = new InstantFirmware(Enum.Parse<FirmwareDialect>(dialect));
        var gate = new Lock();
        using var port = PseudoTerminal.Open(link: null, baud: 250000);
        new Thread(() => Serve(port, firmware, gate)) { IsBackground = true, Name = "Responder" }.Start();
        Console.WriteLine(port.SlavePath);
        while (Console.ReadLine() is not null)
        {
            lock (gate)
            {
                var seconds = (firmware.At.Last - firmware.At.First) / (double)Stopwatch.Frequency;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{firmware.Lines} {seconds:R} {firmware.Batches}"));
                firmware.Restart();
            }
        }

        return 0;
    }

    private static unsafe void Serve(PseudoTerminal port, InstantFirmware firmware, Lock gate)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (true)
        {
            var entry = new Libc.PollEntry { Descriptor = port.Master, Events = Libc.PollIn };
            _ = Libc.Poll(&entry, 1, null, null);
            if ((entry.Returned & Libc.PollIn) == 0)
                continue;
            int count;
            lock (gate)
            {
                firmware.Take(buffer[..port.Read(buffer)]);
                count = firmware.Read(buffer);
            }

            if (count > 0)
                port.Write(buffer[..count]);
        }
    }
}
