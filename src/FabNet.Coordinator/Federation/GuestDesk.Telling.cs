// What other communities are told: sites and machines as they are, reports, and which leases go on.

using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Coordinator.Federation;

internal sealed partial class GuestDesk
{
    /// <summary>A second has passed.</summary>
    public void Tick()
    {
        orders.CallOffLapsed();
        foreach (var session in _sessions.Where(static s => s.Up is not null))
        {
            Tell(session);
            if (time.GetElapsedTime(session.KeptAliveAt) >= KeepAliveEvery)
            {
                KeepAlive(session);
            }
        }
    }

    /// <summary>Facts were applied: what others are to know goes up.</summary>
    public void Settle()
    {
        foreach (var session in _sessions)
        {
            Pump(session);
        }
    }

    private void KeepAlive(GuestSession session)
    {
        // Of what is lost here nobody knows: it is not said to be held.
        List<(JobId Job, int Epoch)> held = [.. HeldBy(session).Where(static g => g.Entry.Job.State is not JobState.Lost).Select(static g => (g.Origin.Job, g.Origin.Epoch)), .. session.Pending.Keys];
        var message = new EdgeUp { KeepAlive = new() };
        message.KeepAlive.Held.AddRange(held.Select(static h => new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = h.Job.Value, Epoch = h.Epoch }));
        var now = time.GetTimestamp();
        if (!session.TrySend(message))
        {
            return;
        }

        session.KeptAliveAt = now;
        foreach (var lease in session.Renewals.Keys.Except(held).ToList())
        {
            session.Renewals.Remove(lease);
        }

        foreach (var lease in held)
        {
            if (!session.Renewals.TryGetValue(lease, out var asked))
            {
                session.Renewals.Add(lease, asked = []);
            }

            asked.Enqueue(now);
        }
    }

    private void Tell(GuestSession session)
    {
        if (!State.Sites.TryGetValue(session.Site, out var site))
        {
            return;
        }

        if (!ReferenceEquals(session.SaidSite, site) && session.TrySend(new EdgeUp { Site = GuestNames.Announcement(options.Community, site).ToWire() }))
        {
            session.SaidSite = site;
        }

        foreach (var machine in site.Machines)
        {
            var status = surplus.StatusFor(session.Community.Name, GuestNames.Of(options.Community, machine.Id), machine, book);
            var told = (status.State, status.Detail, status.Loaded, status.Job, status.Progress, status.RemainingSeconds);
            if ((!session.Told.TryGetValue(machine.Id, out var before) || before != told) && session.TrySend(new EdgeUp { MachineStatus = status.ToWire() }))
            {
                session.Told[machine.Id] = told;
            }
        }
    }

    private void Pump(GuestSession session)
    {
        if (session.Up is null)
        {
            return;
        }

        foreach (var (sequence, report) in book.LaneOf(session.Community.Name, session.Site).After(session.Sent))
        {
            if (!session.TrySend(new EdgeUp { JobEvent = new() { Sequence = sequence, Event = report.ToWire() } }))
            {
                return; // The next command finds room.
            }

            session.Sent = sequence;
        }
    }
}
