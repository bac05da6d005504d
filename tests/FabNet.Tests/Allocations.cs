// What the process allocates while something runs over and over.

namespace FabNet.Tests;

/// <summary>Measures allocations of the whole process: for what goes on in more threads than one.</summary>
public static class Allocations
{
    private const int Takes = 5;

    /// <summary>The least that a few takes allocate, in bytes. What <paramref name="work"/> itself needs is in each; what ended tests leave behind, or a thread pool that grows its queue, is in some.</summary>
    /// <param name="work">Done once before the first take.</param>
    public static async Task<long> LeastAsync(Func<Task> work)
    {
        await work();
        var least = long.MaxValue;
        for (var take = 0; take < Takes; take++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await work();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }
}
