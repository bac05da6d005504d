// Times in which machines take no jobs: what is reserved, and the rules that a reservation must keep.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Sites;

namespace FabNet.Edge.Queue;

/// <summary>The reservations of a site, as its journal says. Times are compared in UTC, by the site's own clock. Owned by the edge's loop.</summary>
internal sealed class ReservationBook
{
    /// <summary>The longest reservation.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>The shortest reservation.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    /// <summary>How far ahead one may begin.</summary>
    public static readonly TimeSpan Furthest = TimeSpan.FromDays(366);

    /// <summary>How many a machine has ahead at most.</summary>
    public const int MostAhead = 200;

    private const int LongestName = 100;
    private const int LongestReason = 200;

    // A person who says "now" and the clock do not agree to the second.
    private static readonly TimeSpan Lateness = TimeSpan.FromMinutes(1);

    // Of one machine they never overlap: in the order of their begins they are in the order of their ends.
    private readonly Dictionary<string, List<ReservationRecord>> _byMachine = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The id of the next one.</summary>
    public string NextId => string.Create(CultureInfo.InvariantCulture, $"r-{_count + 1}");

    /// <summary>Applies a journaled fact.</summary>
    public void Apply(ReservationRecord reservation)
    {
        _count++;
        if (!_byMachine.TryGetValue(reservation.Machine, out var all))
        {
            _byMachine.Add(reservation.Machine, all = []);
        }

        var at = all.FindLastIndex(r => r.From <= reservation.From);
        all.Insert(at + 1, reservation);
    }

    /// <summary>Applies a journaled fact.</summary>
    public void Apply(ReservationCancelledRecord cancelled)
    {
        foreach (var all in _byMachine.Values)
        {
            all.RemoveAll(r => r.Id == cancelled.Id);
        }
    }

    /// <summary>The reservations of a machine that are not over, in their order.</summary>
    public IReadOnlyList<ReservationRecord> Ahead(string machine, DateTimeOffset now)
    {
        if (!_byMachine.TryGetValue(machine, out var all))
        {
            return [];
        }

        var first = all.Count;
        while (first > 0 && all[first - 1].To > now)
        {
            first--;
        }

        return all.GetRange(first, all.Count - first);
    }

    /// <summary>A reservation by its id; null if there is none, or it was cancelled.</summary>
    public ReservationRecord? Find(string id) => _byMachine.Values.SelectMany(static all => all).FirstOrDefault(r => r.Id == id);

    /// <summary>Why a reservation can't be made; null if it can.</summary>
    /// <param name="asked">As it would be written down.</param>
    /// <param name="machine">Its machine, for the words.</param>
    /// <param name="now">The site's clock.</param>
    public string? Refusal(ReservationRecord asked, MachineId machine, DateTimeOffset now)
    {
        var ahead = Ahead(asked.Machine, now);
        return asked.For.Length is 0 or > LongestName || asked.For.Any(char.IsControl) ? $"A reservation is for somebody: 1 to {LongestName} characters. Say --for \"name\"."
            : asked.Reason is { } reason && (reason.Length > LongestReason || reason.Any(char.IsControl)) ? $"The reason has {reason.Length} characters; write one line of at most {LongestReason}."
            : asked.To <= asked.From ? $"It would end at {Text(asked.To)}, and begin at {Text(asked.From)}. Swap them."
            : asked.To <= now || asked.From < now - Lateness ? $"{Text(asked.To <= now ? asked.To : asked.From)} has passed: it is {Text(now)} at {machine.Site}."
            : asked.To - asked.From < Shortest ? $"It would last {(asked.To - asked.From).TotalSeconds:0} s; the shortest reservation is {Shortest.TotalMinutes:0} min."
            : asked.To - asked.From > Longest ? $"It would last {(asked.To - asked.From).TotalDays:0.#} days; the longest reservation is {Longest.TotalDays:0} days. Take the machine out of service instead: fabnet site maintenance {machine}"
            : asked.From - now > Furthest ? $"{Text(asked.From)} is more than {Furthest.TotalDays:0} days ahead."
            : ahead.FirstOrDefault(r => r.From < asked.To && asked.From < r.To) is { } other ? $"{machine} is reserved from {Text(other.From)} to {Text(other.To)} already ({other.Id}, for {other.For}). Take another time, or cancel that one: fabnet site unreserve {other.Id}"
            : ahead.Count >= MostAhead ? $"{machine} has {ahead.Count} reservations ahead, as many as there may be. Cancel some: fabnet site reservations"
            : null;
    }

    /// <summary>As the network is told: without the person.</summary>
    public static Reservation Public(ReservationRecord reservation) => new(reservation.From, reservation.To, WhyOf(reservation));

    /// <summary>Why a machine is reserved, for everybody.</summary>
    public static string WhyOf(ReservationRecord reservation) => reservation.Reason ?? (reservation.IsMaintenance ? "maintenance" : "reserved");

    /// <summary>A moment for people.</summary>
    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm' UTC'", CultureInfo.InvariantCulture);
}
