// At most one physical start across two communities, whatever breaks when: hundreds of small worlds, each another interleaving.

using Xunit;

namespace FabNet.Tests.Federation;

public sealed class GuestWorldTests(ITestOutputHelper output)
{
    private const int Worlds = 8;

    [Theory(Timeout = 120_000)]
    [InlineData("calm")]
    [InlineData("cuts")]
    [InlineData("restarts")]
    [InlineData("edges")]
    [InlineData("aimed")]
    [InlineData("people")]
    [InlineData("leaving")]
    [InlineData("all")]
    public Task Nothing_is_started_twice_or_after_its_lease_elsewhere_and_all_ends(string kind) => LiveAsync(kind, Worlds);

    /// <summary>More of the same, in minutes: only when asked for.</summary>
    [Theory(Explicit = true, Timeout = 3_600_000)]
    [InlineData("all")]
    [InlineData("cuts")]
    [InlineData("leaving")]
    public Task Nothing_is_started_twice_in_a_thousand_worlds(string kind) => LiveAsync(kind, 1000);

    private async Task LiveAsync(string kind, int worlds)
    {
        var trouble = kind switch
        {
            "cuts" => new Trouble { Cut = 0.02 },
            "restarts" => new Trouble { RestartOfA = 0.01, RestartOfB = 0.01 },
            "edges" => new Trouble { EdgeAway = 0.02, Cut = 0.02, SlowestStep = 150 },
            "aimed" => new Trouble { IsAimed = true, SlowestStep = 150 },
            "people" => new Trouble { Person = 0.03, Cut = 0.01, EdgeAway = 0.005 },
            "leaving" => new Trouble { Leave = 0.05, IsGraceful = true },
            "all" => new Trouble { Cut = 0.01, RestartOfA = 0.003, RestartOfB = 0.003, EdgeAway = 0.005, Person = 0.005, ClockOfA = 0.01, Leave = 0.01, MostDelay = 8 },
            _ => new Trouble(),
        };
        var starts = 0;
        for (var seed = 1; seed <= worlds; seed++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await using var world = new GuestWorld(seed, trouble);
            await world.LiveAsync(orders: 4, seconds: 400);
            Assert.True(world.Wrong is null, $"{kind}, seed {seed}: {world.Wrong}");
            starts += world.Starts;
        }

        output.WriteLine($"{kind}: {worlds} worlds, {starts} starts");
        Assert.True(starts >= worlds);
    }
}
