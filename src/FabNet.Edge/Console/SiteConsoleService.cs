// The site's own console over gRPC: what people ask of their edge, for one or several sites in a process.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Edge.Recovering;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FabNet.Edge.Console;

/// <summary>Serves <see cref="SiteConsole"/>: each request goes to the agent of the machine's site.</summary>
internal sealed class SiteConsoleService(EdgeAgents agents) : SiteConsole.SiteConsoleBase
{
    /// <summary>A person who claims waits this long for the coordinator's word.</summary>
    private static readonly TimeSpan ClaimLimit = TimeSpan.FromSeconds(10);

    public override Task<ListMachinesReply> ListMachines(ListMachinesRequest request, ServerCallContext context) => AnswerAsync(() =>
    {
        var reply = new ListMachinesReply();
        reply.Machines.AddRange(Chosen(request.Site).SelectMany(a => a.Machines).Select(m => m.ToWire()));
        return Task.FromResult(reply);
    });

    public override Task<ListOffersReply> ListOffers(ListOffersRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var reply = new ListOffersReply();
        foreach (var agent in Chosen(request.Site))
        {
            reply.Offers.AddRange(await agent.Loop.AskAsync(agent.Loop.WaitingOffers, context.CancellationToken));
        }

        return reply;
    });

    public override Task<OperatorReply> Claim(OperatorClaim request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        var job = JobId.Parse(request.JobId);
        var answer = await agent.Loop.AskAsync(() => agent.Loop.Claim(job, machine, request.By), context.CancellationToken);
        try
        {
            return Say(await answer.WaitAsync(ClaimLimit, agent.Time, context.CancellationToken));
        }
        catch (TimeoutException)
        {
            return Say($"{job} is claimed; the coordinator has not answered yet.");
        }
    });

    public override Task<OperatorReply> Decline(OperatorDecline request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var job = JobId.Parse(request.JobId);
        var reason = request.HasReason ? request.Reason : null;
        foreach (var agent in agents.All)
        {
            if ((await agent.Loop.AskAsync(agent.Loop.WaitingOffers, context.CancellationToken)).Any(o => o.Job.Id == job.Value))
            {
                return Say(await agent.Loop.AskAsync(() => agent.Loop.Decline(job, reason), context.CancellationToken));
            }
        }

        throw new OperatorException($"{job} is not offered to this site.", isUnknown: true);
    });

    public override Task<OperatorReply> ClearMachine(ClearMachineRequest request, ServerCallContext context) => request.Scrapped < 0
        ? throw new RpcException(new Status(StatusCode.InvalidArgument, $"{request.Scrapped} pieces can't be scrap. Say 0 or more."))
        : AskAsync(request.Machine, (agent, machine) => agent.Loop.Clear(machine, request.Scrapped, request.JobId.Length > 0 ? JobId.Parse(request.JobId) : null, request.Reason.Trim()), context);

    public override Task<OperatorReply> LoadMaterial(LoadMaterialRequest request, ServerCallContext context) =>
        AskAsync(request.Machine, (agent, machine) => agent.Loop.Load(machine, request.Loaded.ToModel()), context);

    public override Task<OperatorReply> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context) =>
        AskAsync(request.Machine, (agent, machine) => agent.Loop.SetMaintenance(machine, request.InMaintenance, request.Reason), context);

    public override Task<OperatorReply> Pause(MachineRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        await agent.HostOf(machine).PauseAsync(context.CancellationToken);
        return Say($"{machine} is being held.");
    });

    public override Task<OperatorReply> Resume(MachineRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        if (await agent.Loop.AskAsync(() => agent.Loop.DeskOf(machine).Waiting, context.CancellationToken) is { } waiting)
        {
            throw new OperatorException($"{waiting.Job} was not held but interrupted. See how it would go on: fabnet site recover {machine}");
        }

        await agent.HostOf(machine).ResumeAsync(context.CancellationToken);
        return Say($"{machine} goes on.");
    });

    public override Task<OperatorReply> EmergencyStop(MachineRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);

        // Queued before the run can end, so that nothing is started after it; and the stop waits for nothing.
        var looked = agent.Loop.AskAsync(() => agent.Loop.RequireLook(machine), CancellationToken.None);
        await agent.HostOf(machine).EmergencyStopAsync(context.CancellationToken);
        await looked;
        return Say($"{machine} was stopped at once. It may need a reset; look at it before anything else.");
    });

    public override Task<OperatorReply> Operate(OperateRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        var operation = ManualOperation.Parse(request.Operation);
        var isInHands = await agent.Loop.AskAsync(
            () =>
            {
                agent.Loop.RequireTraining(machine, request.By);
                return agent.Loop.IsInHands(machine);
            },
            context.CancellationToken);
        if (operation.NeedsRest && !isInHands)
        {
            throw new OperatorException($"{machine} is in service: a job could start under your hands. Reserve it (fabnet site reserve {machine}) or take it out first: fabnet site maintenance {machine}");
        }

        return Say(await agent.HostOf(machine).OperateAsync(operation, context.CancellationToken));
    });

    public override Task<RecoverReply> Recover(RecoverRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        var stopped = await agent.Loop.AskAsync(() => agent.Loop.InterruptedOn(machine), context.CancellationToken);
        var plan = await agent.Recovery.PlanAsync(stopped, request.HasFromLine ? request.FromLine : null, context.CancellationToken);
        var isHandedOver = false;
        try
        {
            var reply = Describe(stopped, plan);
            if (request.Confirm.Length == 0)
            {
                reply.Message = $"{reply.JobId} would go on with line {reply.FromLine} of {reply.LineCount}.";
                return reply;
            }

            // Whoever asked may have gone away since: what was confirmed is done, or is not, never half.
            var begun = await agent.Loop.AskAsync(() => agent.Loop.GoOn(machine, request.Confirm, plan), CancellationToken.None);
            isHandedOver = true;
            var refusal = await begun.WaitAsync(context.CancellationToken);
            reply.Started = refusal is null;
            reply.Message = refusal is null
                ? $"{reply.JobId} goes on with line {reply.FromLine} of {reply.LineCount}."
                : throw new OperatorException($"{reply.JobId} does not go on: {refusal}");
            return reply;
        }
        finally
        {
            if (!isHandedOver)
            {
                plan.Dispose();
            }
        }
    });

    public override Task<OperatorReply> GiveUp(GiveUpRequest request, ServerCallContext context) =>
        AskAsync(request.Machine, (agent, machine) => agent.Loop.GiveUp(machine, request.Reason), context);

    public override Task<ReserveReply> Reserve(ReserveRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(request.Machine);
        var to = request.To.ToModel("to");
        var weekly = request.Weekly ? new Recurrence(DayOrNull(request.Until, "until"), request.Times == 0 ? null : request.Times) : (Recurrence?)null;
        var (reservation, words) = await agent.Loop.AskAsync(
            () => agent.Loop.Reserve(machine, request.From.ToModelOrNull(), to, request.For, request.Reason.Length > 0 ? request.Reason : null, request.Maintenance, weekly), context.CancellationToken);
        return new ReserveReply { Message = words, Reservation = Describe(agent, reservation) };
    });

    public override Task<ListReservationsReply> ListReservations(ListReservationsRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var reply = new ListReservationsReply();
        foreach (var agent in Chosen(request.Site))
        {
            reply.Reservations.AddRange((await agent.Loop.AskAsync(agent.Loop.Reservations, context.CancellationToken)).Select(r => Describe(agent, r)));
        }

        return reply;
    });

    public override Task<OperatorReply> CancelReservation(CancelReservationRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var having = new List<EdgeAgent>();
        foreach (var agent in Chosen(request.Site))
        {
            if (await agent.Loop.AskAsync(() => agent.Loop.Reservations().Any(r => r.Id == request.Id), context.CancellationToken))
            {
                having.Add(agent);
            }
        }

        // Each site counts its own.
        if (having.Count > 1)
        {
            throw new OperatorException($"Several sites of this edge have a reservation {request.Id}. Say which: --site {having[0].Site}");
        }

        var its = having.Count == 1 ? having[0] : Chosen(request.Site)[0];
        var on = DayOrNull(request.On, "on");
        return Say(await its.Loop.AskAsync(() => its.Loop.Unreserve(request.Id, on), context.CancellationToken));
    });

    private static MachineReservation Describe(EdgeAgent agent, ReservationRecord reservation) => new()
    {
        Id = reservation.Id,
        Machine = $"{agent.Site}/{reservation.Machine}",
        From = Timestamp.FromDateTimeOffset(reservation.From),
        To = Timestamp.FromDateTimeOffset(reservation.To),
        For = reservation.For,
        Reason = reservation.Reason ?? "",
        Maintenance = reservation.IsMaintenance,
        Weekly = reservation.Weekly?.ToString() ?? "",
        TimeZone = reservation.TimeZone ?? "",
        Until = reservation.Until is { } until ? ReservationBook.Text(until) : "",
    };

    private static DateOnly? DayOrNull(string text, string field) => text.Length == 0 ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new OperatorException($"{field}: '{text}' is no day. Write it as 2030-06-30.");

    private static RecoverReply Describe(Interrupted stopped, RecoveryPlan plan)
    {
        var from = plan.Rest.From!;
        var reply = new RecoverReply
        {
            Key = plan.Interruption.Key,
            JobId = stopped.Job.Id.Value,
            LastLine = plan.Interruption.LastLine,
            FromLine = from.FirstLine,
            LineCount = from.Whole.LineCount,
            Precondition = plan.Precondition,
        };
        reply.Preamble.AddRange(plan.Preamble);
        return reply;
    }

    private Task<OperatorReply> AskAsync(string machineText, Func<EdgeAgent, MachineId, string> question, ServerCallContext context) => AnswerAsync(async () =>
    {
        var (agent, machine) = Find(machineText);
        return Say(await agent.Loop.AskAsync(() => question(agent, machine), context.CancellationToken));
    });

    private List<EdgeAgent> Chosen(string site)
    {
        var chosen = agents.All.Where(a => site.Length == 0 || a.Site.Value == site).ToList();
        return chosen.Count > 0 ? chosen : throw new OperatorException($"This edge has no site '{site}'. It has: {Names()}.", isUnknown: true);
    }

    private (EdgeAgent Agent, MachineId Machine) Find(string text)
    {
        var machine = MachineId.Parse(text);
        var agent = agents.All.FirstOrDefault(a => a.Site == machine.Site)
            ?? throw new OperatorException($"This edge has no site '{machine.Site}'. It has: {Names()}.", isUnknown: true);
        return (agent, machine);
    }

    private string Names() => string.Join(", ", agents.All.Select(a => a.Site));

    private static OperatorReply Say(string message) => new() { Message = message };

    private static async Task<T> AnswerAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (OperatorException e)
        {
            throw new RpcException(new Status(e.IsUnknown ? StatusCode.NotFound : StatusCode.FailedPrecondition, e.Message));
        }
        catch (FormatException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
        catch (JournalException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }
}
