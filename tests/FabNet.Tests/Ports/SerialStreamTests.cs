// The bytes of a port: exact both ways, cancelled without loss, held back for a slow reader, and failing clearly when the cable goes.
using System.IO.Ports;
using Xunit;

namespace FabNet.Tests.Ports;

public sealed class SerialStreamTests : IDisposable
{
    private readonly Pty _pty = new();
    private readonly SerialPort _port;

    public SerialStreamTests()
    {
        _port = new SerialPort(_pty.PortName, 250000);
        _port.Open();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _port.Dispose();
        _pty.Dispose();
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_byte_value_passes_unchanged_both_ways()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        await _port.BaseStream.WriteAsync(all, Ct);
        Assert.Equal(all, await _pty.ReceiveAsync(all.Length));

        await _pty.SendAsync(all);
        byte[] received = new byte[all.Length];
        await _port.BaseStream.ReadExactlyAsync(received, Ct);
        Assert.Equal(all, received);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_megabyte_goes_both_ways_at_once_intact()
    {
        byte[] down = new byte[1 << 20];
        byte[] up = new byte[1 << 20];
        new Random(1).NextBytes(down);
        new Random(2).NextBytes(up);

        byte[] received = new byte[up.Length];
        Task reading = _port.BaseStream.ReadExactlyAsync(received, Ct).AsTask();
        Task<byte[]> atMachine = _pty.ReceiveAsync(down.Length);
        Task sending = _pty.SendAsync(up);
        await _port.BaseStream.WriteAsync(down, Ct);
        await Task.WhenAll(reading, atMachine, sending);

        Assert.Equal(up, received);
        Assert.Equal(down, await atMachine);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_cancelled_read_takes_no_byte()
    {
        byte[] expected = new byte[800];
        new Random(3).NextBytes(expected);
        byte[] received = new byte[expected.Length];
        int count = 0;
        int cancelled = 0;
        Task sending = Task.Run(
            async () =>
            {
                for (int i = 0; i < expected.Length; i += 4)
                {
                    await _pty.SendAsync(expected.AsMemory(i, 4));
                }
            },
            Ct);

        // Cancellations race with arriving bytes from another thread.
        while (count < expected.Length)
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            ValueTask<int> read = _port.BaseStream.ReadAsync(received.AsMemory(count), cancellation.Token);
            Task cancelling = Task.Run(cancellation.Cancel, Ct);
            try
            {
                count += await read;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            await cancelling;
        }

        await sending;
        Assert.Equal(expected, received);
        Assert.True(cancelled > 0, "no read was cancelled");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_waiting_read_ends_with_its_token_and_the_next_one_gets_the_bytes()
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> waiting = _port.BaseStream.ReadAsync(new byte[8], cancellation.Token);
        Assert.False(waiting.IsCompleted);

        await cancellation.CancelAsync();

        var ended = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Assert.Equal(cancellation.Token, ended.CancellationToken);
        await _pty.SendAsync("ok\n"u8.ToArray());
        byte[] received = new byte[3];
        await _port.BaseStream.ReadExactlyAsync(received, Ct);
        Assert.Equal("ok\n"u8.ToArray(), received);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_write_waits_while_the_machine_reads_nothing_and_ends_with_its_token()
    {
        byte[] more = new byte[256 * 1024];
        using var cancellation = new CancellationTokenSource();
        ValueTask stuck = _port.BaseStream.WriteAsync(more, cancellation.Token);
        Assert.False(stuck.IsCompleted);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stuck);
    }

    [Fact(Timeout = 30_000)]
    public async Task Writes_that_wait_reach_the_machine_whole_and_in_order()
    {
        byte[][] lines = [.. Enumerable.Range(0, 20).Select(i => Enumerable.Repeat((byte)i, 10_000).ToArray())];
        Task[] writes = [.. lines.Select(line => _port.BaseStream.WriteAsync(line, Ct).AsTask())];
        Assert.Contains(writes, write => !write.IsCompleted);

        byte[] received = await _pty.ReceiveAsync(lines.Sum(line => line.Length));
        await Task.WhenAll(writes);

        Assert.True(lines.SelectMany(line => line).SequenceEqual(received));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reads_that_wait_are_served_in_order()
    {
        byte[] first = new byte[1];
        byte[] second = new byte[1];
        ValueTask<int> firstRead = _port.BaseStream.ReadAsync(first, Ct);
        ValueTask<int> secondRead = _port.BaseStream.ReadAsync(second, Ct);

        await _pty.SendAsync(new byte[] { 1, 2 });

        Assert.Equal((1, 1), (await firstRead, await secondRead));
        Assert.Equal((1, 2), (first[0], second[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Unplugging_ends_a_waiting_read_and_every_later_call()
    {
        Stream stream = _port.BaseStream;
        ValueTask<int> waiting = stream.ReadAsync(new byte[8], Ct);

        _pty.Dispose();

        await AssertUnplugged(async () => await waiting);
        await AssertUnplugged(() => ReadSomeAsync(stream));
        await AssertUnplugged(async () => await stream.WriteAsync(new byte[8], Ct));
        Assert.True(_port.IsOpen);
        _port.Close();
    }

    [Fact(Timeout = 30_000)]
    public async Task Unplugging_ends_a_waiting_write()
    {
        ValueTask waiting = _port.BaseStream.WriteAsync(new byte[256 * 1024], Ct);
        Assert.False(waiting.IsCompleted);

        _pty.Dispose();

        await AssertUnplugged(async () => await waiting);
    }

    [Fact(Timeout = 30_000)]
    public async Task Unplugging_while_idle_is_reported_by_the_next_call()
    {
        _pty.Dispose();

        await AssertUnplugged(async () => await _port.BaseStream.WriteAsync("M105\n"u8.ToArray(), Ct));
        Assert.ThrowsAny<IOException>(() => _port.Read(new byte[1], 0, 1));
    }

    [Fact(Timeout = 30_000)]
    public async Task Closing_ends_what_waits()
    {
        Stream stream = _port.BaseStream;
        ValueTask<int> read = stream.ReadAsync(new byte[8], Ct);
        ValueTask write = stream.WriteAsync(new byte[256 * 1024], Ct);

        _port.Close();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await read);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await write);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadSomeAsync(stream));
        Assert.Throws<InvalidOperationException>(() => _port.BaseStream);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_synchronous_read_times_out_and_loses_nothing()
    {
        _port.ReadTimeout = 10;
        byte[] buffer = new byte[8];
        Assert.Throws<TimeoutException>(() => _port.Read(buffer, 0, buffer.Length));

        await _pty.SendAsync(new byte[] { 7 });
        _port.ReadTimeout = SerialPort.InfiniteTimeout;

        Assert.Equal(1, _port.Read(buffer, 0, buffer.Length));
        Assert.Equal(7, buffer[0]);
    }

    [Fact(Timeout = 30_000)]
    public void A_synchronous_write_times_out()
    {
        _port.WriteTimeout = 10;
        Assert.Throws<TimeoutException>(() => _port.Write(new byte[256 * 1024], 0, 256 * 1024));
    }

    [Fact(Timeout = 30_000)]
    public async Task Received_bytes_are_counted_and_can_be_discarded()
    {
        await _pty.SendAsync("stale"u8.ToArray());
        byte[] first = new byte[1];
        await _port.BaseStream.ReadExactlyAsync(first, Ct);
        Assert.Equal("tale".Length, _port.BytesToRead);

        _port.DiscardInBuffer();

        Assert.Equal(0, _port.BytesToRead);
        await _pty.SendAsync("x"u8.ToArray());
        await _port.BaseStream.ReadExactlyAsync(first, Ct);
        Assert.Equal((byte)'x', first[0]);
    }

    private static async Task<int> ReadSomeAsync(Stream stream) => await stream.ReadAsync(new byte[8], Ct);

    private static async Task AssertUnplugged(Func<Task> call) =>
        Assert.Contains("was unplugged", (await Assert.ThrowsAsync<IOException>(call)).Message, StringComparison.Ordinal);
}
