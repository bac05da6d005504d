// The lease protocol, searched breadth first: every interleaving of what coordinators, sites, people and the wire can do, for small cases.

using Xunit;

namespace FabNet.Tests.Network;

public sealed class LeaseModelTests(ITestOutputHelper output)
{
    [Theory(Timeout = 120_000)]
    [InlineData(1, 1, 0, 40)]
    [InlineData(1, 2, 1, 9)]
    [InlineData(2, 2, 0, 11)]
    [InlineData(2, 2, 1, 8)]
    public Task Nothing_is_granted_or_started_twice_whatever_the_interleaving(int sites, int epochs, int takeovers, int depth) => SearchedAsync(sites, epochs, takeovers, depth);

    /// <summary>Of all that is told to another community, only "released" lets it lease the job again: what is made twice would be made after that.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData(1, 0, 60)]
    [InlineData(1, 1, 60)]
    [InlineData(2, 2, 60)]
    public async Task What_a_guest_gives_back_is_never_started_whatever_the_interleaving(int sites, int takeovers, int depth)
    {
        var (states, steps, deepest, wrong) = await Task.Run(() => Search(new LeaseScope(sites, 1, takeovers, IsGuest: true), depth), TestContext.Current.CancellationToken);
        output.WriteLine($"guest, {sites} sites, {takeovers} takeovers: {states} states, {steps} steps, up to {deepest} deep{(deepest < depth ? " (all there are)" : "")}.");
        Assert.True(wrong is null, wrong);
        Assert.True(states > 200);
    }

    /// <summary>To the end, in minutes and gigabytes: only when asked for.</summary>
    [Theory(Explicit = true, Timeout = 1_800_000)]
    [InlineData(1, 2, 0, 100)]
    [InlineData(2, 1, 0, 100)]
    public Task Nothing_is_granted_or_started_twice_in_any_state_there_is(int sites, int epochs, int takeovers, int depth) => SearchedAsync(sites, epochs, takeovers, depth);

    [Fact(Timeout = 120_000)]
    public async Task Without_a_guarded_journal_two_coordinators_do_grant_one_epoch_twice_and_the_search_finds_it()
    {
        var (_, _, _, wrong) = await Task.Run(() => Search(new LeaseScope(2, 2, 1, IsGuarded: false), 6), TestContext.Current.CancellationToken);
        output.WriteLine(wrong ?? "nothing");
        Assert.Contains("was granted to both sites", wrong);
    }

    private async Task SearchedAsync(int sites, int epochs, int takeovers, int depth)
    {
        var (states, steps, deepest, wrong) = await Task.Run(() => Search(new LeaseScope(sites, epochs, takeovers), depth), TestContext.Current.CancellationToken);
        output.WriteLine($"{sites} sites, {epochs} epochs, {takeovers} takeovers: {states} states, {steps} steps, up to {deepest} deep{(deepest < depth ? " (all there are)" : "")}.");
        Assert.True(wrong is null, wrong);
        Assert.True(states > 1000);
    }

    private static (int States, long Steps, int Deepest, string? Wrong) Search(LeaseScope scope, int depth)
    {
        var model = new LeaseModel(scope);
        Dictionary<LeaseMoment, (LeaseMoment From, object What)> seen = new() { [model.Start] = (default, "") };
        List<LeaseMoment> level = [model.Start];
        var (steps, deep) = (0L, 0);
        for (; deep < depth && level.Count > 0; deep++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            List<LeaseMoment> next = [];
            foreach (var moment in level)
            {
                foreach (var (what, after) in model.Steps(moment))
                {
                    steps++;
                    if (seen.TryAdd(after, (moment, what)))
                    {
                        if (model.Wrong(after) is { } wrong)
                        {
                            return (seen.Count, steps, deep, $"{wrong}: {Way(after)}");
                        }

                        next.Add(after);
                    }
                }
            }

            level = next;
        }

        return (seen.Count, steps, deep, null);

        string Way(LeaseMoment to)
        {
            List<string> way = [];
            for (var at = to; at != model.Start; at = seen[at].From)
            {
                way.Insert(0, $"{seen[at].What}");
            }

            return string.Join(" → ", way);
        }
    }
}
