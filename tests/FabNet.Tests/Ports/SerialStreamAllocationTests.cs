// What a line sent and its answer cost the garbage collector: nothing.
using System.IO.Ports;
using System.Runtime.CompilerServices;
using Xunit;

namespace FabNet.Tests.Ports;

/// <summary>Runs alone, because it measures the allocations of the whole process.</summary>
[CollectionDefinition(nameof(SerialStreamAllocationTests), DisableParallelization = true)]
[Collection(nameof(SerialStreamAllocationTests))]
public sealed class SerialStreamAllocationTests
{
    [Fact(Timeout = 60_000)]
    public async Task Reads_that_wait_and_writes_allocate_nothing_in_steady_state()
    {
        const int Rounds = 4_000;
        const int SmallestObjectBytes = 24;
        byte[] line = "N1 G1 X10 Y10*33\n"u8.ToArray();
        byte[] reply = "ok\n"u8.ToArray();
        byte[] received = new byte[reply.Length];
        using var pty = new Pty();
        using var port = new SerialPort(pty.PortName, 250000);
        port.Open();
        Stream stream = port.BaseStream;
        using var stop = new CancellationTokenSource();

        long allocated = await Allocations.LeastAsync(async () =>
        {
            Task machine = pty.AnswerEachLineAsync(line.Length, reply, Rounds);
            await Exchange(stream, line, received, Rounds, stop.Token);
            await machine;
        });

        // What the answering side needs once comes to far less than one object a round.
        Assert.True(allocated < Rounds * SmallestObjectBytes, $"{allocated} bytes in {Rounds} rounds");
    }

    /// <summary>Each read is begun before its line is sent, so that it has to wait.</summary>
    private static async Task Exchange(Stream stream, byte[] line, byte[] received, int rounds, CancellationToken cancellationToken)
    {
        for (int i = 0; i < rounds; i++)
        {
            ValueTask reply = ReadReply(stream, received, cancellationToken);
            await stream.WriteAsync(line, cancellationToken);
            await reply;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask ReadReply(Stream stream, byte[] received, CancellationToken cancellationToken)
    {
        for (int got = 0; got < received.Length;)
        {
            got += await stream.ReadAsync(received.AsMemory(got), cancellationToken);
        }
    }
}
