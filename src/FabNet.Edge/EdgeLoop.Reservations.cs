// A person has a machine for a time, or maintenance is planned: no job runs then.

using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Protocol.V1;

namespace FabNet.Edge;

/// <summary>How long a reservation comes every week: to a last local day, or so many times, or with neither without an end.</summary>
internal readonly record struct Recurrence(DateOnly? Until, int? Times);

internal sealed partial class EdgeLoop
{
    /// <summary>Jobs that were taken are looked at again if the reservation begins within this time.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromHours(24);

    /// <summary>More times of weekly reservations come near: the network is told of them this often.</summary>
    private static readonly TimeSpan AnnounceEvery = TimeSpan.FromDays(1);

    private long _announcedAt;

    /// <summary>Keeps a machine from jobs for a time. Runs in the loop.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="from">Its begin; null for now.</param>
    /// <param name="to">Its end.</param>
    /// <param name="who">Whom it is for; stays at the site.</param>
    /// <param name="reason">Why, for everybody; null for none.</param>
    /// <param name="isMaintenance">True if nobody has the machine, but work is done on it.</param>
    /// <param name="weekly">How long it comes every week; null for once.</param>
    /// <exception cref="OperatorException">It can't be; the message says why.</exception>
    public (ReservationRecord Reservation, string Words) Reserve(MachineId machine, DateTimeOffset? from, DateTimeOffset to, string who, string? reason, bool isMaintenance, Recurrence? weekly = null)
    {
        var (desk, now) = (DeskOf(machine), _time.GetUtcNow());
        var asked = new ReservationRecord
        {
            Id = _book.Reservations.NextId, Machine = machine.Name, From = (from ?? now).ToUniversalTime(), To = to.ToUniversalTime(), For = who.Trim(), Reason = reason?.Trim(), IsMaintenance = isMaintenance,
        };
        asked = weekly is { } recurs ? ReservationBook.EveryWeek(asked, _config.TimeZone, recurs.Until, recurs.Times) : asked;
        if (_book.Reservations.Refusal(asked, machine, now) is { } refusal)
        {
            throw new OperatorException(refusal);
        }

        if (!isMaintenance)
        {
            _config.RequireTraining(desk.Training, machine, asked.For, "--for");
        }

        _book.Reserve(asked);
        var given = GiveBackWhatDoesNotFit(desk, asked, now);
        AnnounceSite();
        var words = $"{machine} is reserved {ReservationBook.WhenOf(asked)} for {asked.For} ({asked.Id}).";
        words += given.Count == 0 ? "" : $" {string.Join(", ", given)} would have run into it and went back to the network.";
        return (asked, desk.Run is { } run && RunEndsAt(desk, now) > asked.From ? $"{words} {run.Job} is running and is not stopped for it: it may last until {ReservationBook.Text(RunEndsAt(desk, now))}." : words);
    }

    /// <summary>Cancels a reservation, or ends it early. Runs in the loop.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="on">The local day on which a weekly one does not come; null for all of it.</param>
    /// <exception cref="OperatorException">There is none of that id that is not over, or it does not come on that day.</exception>
    public string Unreserve(string id, DateOnly? on = null)
    {
        var found = _book.Reservations.Find(id) ?? throw new OperatorException($"There is no reservation '{id}' at {_config.Site}. See: fabnet site reservations", isUnknown: true);
        var times = _book.Reservations.TimesOf(found, _time.GetUtcNow());
        if (on is { } day)
        {
            return Skip(found, times, day);
        }

        if (!times.Any())
        {
            throw new OperatorException(found.Weekly is null ? $"{id} was over at {ReservationBook.Text(found.To)}." : $"{id} comes no more.");
        }

        _book.Unreserve(id);
        AnnounceSite();
        return $"{_config.Site}/{found.Machine} is not reserved {ReservationBook.WhenOf(found)} any more.";
    }

    private string Skip(ReservationRecord weekly, IEnumerable<ReservationRecord> times, DateOnly day)
    {
        if (weekly.Weekly is null)
        {
            throw new OperatorException($"{weekly.Id} is for once. Cancel it without --on: fabnet site unreserve {weekly.Id}");
        }

        var skipped = times.FirstOrDefault(t => ReservationBook.DayOf(t) == day)
            ?? throw new OperatorException($"{weekly.Id} does not begin on {ReservationBook.Text(day)}. It comes {ReservationBook.WhenOf(weekly)}; next: {(times.FirstOrDefault() is { } next ? ReservationBook.Text(ReservationBook.DayOf(next)) : "never")}.");
        _book.Skip(weekly.Id, day);
        AnnounceSite();
        return $"{_config.Site}/{weekly.Machine} is not reserved from {ReservationBook.Text(skipped.From)} to {ReservationBook.Text(skipped.To)}; {weekly.Id} goes on in other weeks.";
    }

    /// <summary>The reservations that are not over, by machine and time, each as it is next. Runs in the loop.</summary>
    public IReadOnlyList<ReservationRecord> Reservations()
    {
        var now = _time.GetUtcNow();
        return [.. _desks.Values.SelectMany(d => _book.Reservations.Ahead(d.Id.Name, now).DistinctBy(static r => r.Id))];
    }

    /// <summary>May this person work at a machine? Runs in the loop.</summary>
    /// <exception cref="OperatorException">The machine asks for a training, and nobody of that name is known to have it.</exception>
    public void RequireTraining(MachineId machine, string who) => _config.RequireTraining(DeskOf(machine).Training, machine, who, "--by");

    /// <summary>True if nothing starts on a machine by itself: it is out of service, or a person has it now. Runs in the loop.</summary>
    public bool IsInHands(MachineId machine) => DeskOf(machine) is var desk && (desk.Facts.Maintenance is not null || (desk.Run is null && desk.Next is { } next && next.From <= _time.GetUtcNow()));

    private List<JobId> GiveBackWhatDoesNotFit(MachineDesk desk, ReservationRecord reservation, DateTimeOffset now)
    {
        List<JobId> given = [];
        if (reservation.From - now > Near || _handOver is not null)
        {
            return given;
        }

        var free = RunEndsAt(desk, now);
        foreach (var plate in PlatesOf(desk).Where(p => desk.Run?.Plate.Jobs.Any(j => p.Has(j.Id)) != true))
        {
            if (plate.Jobs.Any(static j => j.EstimatedSeconds is null))
            {
                continue; // It is still being prepared: should it not fit, it waits and says so.
            }

            var ends = free.AddSeconds(Math.Min(plate.Jobs.Sum(static j => j.EstimatedSeconds!.Value) / desk.SpeedUp, 1e8));
            if (ends <= reservation.From)
            {
                free = ends;
                continue;
            }

            foreach (var job in plate.Jobs)
            {
                Release(job, $"{desk.Id} was reserved from {ReservationBook.Text(reservation.From)} to {ReservationBook.Text(reservation.To)}, and it would have run into that.");
                given.Add(job.Id);
            }
        }

        return given;
    }

    private static DateTimeOffset RunEndsAt(MachineDesk desk, DateTimeOffset now) =>
        desk.Run is null ? now : now.AddSeconds(Math.Clamp((desk.Host.Report.RemainingSeconds ?? 0) / desk.SpeedUp, 0, 1e8));

    private void AnnounceWhatComesNear()
    {
        if (_book.Reservations.HasWeekly && _time.GetElapsedTime(_announcedAt) >= AnnounceEvery)
        {
            AnnounceSite();
        }
    }

    /// <summary>What the network knows of this site changed.</summary>
    private void AnnounceSite()
    {
        _announcedAt = _time.GetTimestamp();
        _site = _config.ToSite(LoadedOn, ReservedOn);
        _uplink.TrySend(new EdgeUp { Site = ToWire(_site) });
    }

    private IReadOnlyList<FabNet.Model.Sites.Reservation> ReservedOn(MachineId machine) => [.. _book.Reservations.Ahead(machine.Name, _time.GetUtcNow()).Take(ReservationBook.MostAhead).Select(ReservationBook.Public)];
}
