// What a person who types a command sees of the answer. Each case was seen on Marlin 2.0.9.7 or GRBL 1.1h.

using FabNet.FirmwareBridge;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class ConsoleAnswerTests
{
    [Fact(Timeout = 20_000)]
    public async Task M115_shows_name_and_capabilities()
    {
        var pair = new DuplexPair();
        await using var marlin = new LittleMarlin(pair.Machine);
        marlin.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var reply = await session.SendAsync("M115", Bench.Limit());
        Assert.Contains(reply.Lines, static line => line.StartsWith("FIRMWARE_NAME:Marlin", StringComparison.Ordinal));
        Assert.Contains(reply.Lines, static line => line.StartsWith("Cap:", StringComparison.Ordinal));
    }

    [Fact(Timeout = 20_000)]
    public async Task A_question_mark_shows_the_status()
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var reply = await session.SendAsync("?", Bench.Limit());
        Assert.True(reply.IsOk);
        Assert.Contains(reply.Lines, static line => line.StartsWith("<Idle|MPos:", StringComparison.Ordinal));
    }
}
