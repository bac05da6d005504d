// Which deliveries leave, and how much goes with each: what goes with one that leaves anyway has no fixed price.

using System.Runtime.InteropServices;

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>Counts jobs by workshop, destination and day. Owned by one chain.</summary>
internal sealed class DeliveryBook(int sites)
{
    private const int Days = 1 << 16;

    private readonly Dictionary<long, int> _counts = [];

    /// <summary>No delivery: the job stays.</summary>
    public const long None = -1;

    /// <summary>The fixed prices of all deliveries.</summary>
    public double Cost { get; private set; }

    /// <summary>The delivery of a job that is made at a workshop and done then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long KeyOf(SiteFacts site, int destination, double end)
    {
        if (destination < 0 || destination == site.Index)
        {
            return None;
        }

        var day = Math.Clamp((long)((end + site.MinuteOfDay) / 1440), 0, Days - 1);
        return (((((long)site.Index) * sites) + destination) * Days) + day;
    }

    /// <summary>What one more job in a delivery adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Extra(long key, SiteFacts site) => key == None || _counts.GetValueOrDefault(key) > 0 ? 0 : site.DeliveryFixed;

    public void Add(long key, SiteFacts site)
    {
        if (key != None && CollectionsMarshal.GetValueRefOrAddDefault(_counts, key, out _)++ == 0)
        {
            Cost += site.DeliveryFixed;
        }
    }

    public void Remove(long key, SiteFacts site)
    {
        if (key == None)
        {
            return;
        }

        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, key);
        if (--count == 0)
        {
            Cost -= site.DeliveryFixed;
            _counts.Remove(key);
        }
    }
}
