// edge.proto's one stream, answered: facts come up and are acknowledged, offers, leases and cancels go down.

using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Coordinator.Sites;

/// <summary>The gRPC face of a coordinator for sites.</summary>
internal sealed class EdgeLinkService(CoordinatorNode node) : EdgeLink.EdgeLinkBase
{
    private const int MostSamples = 1000;
    private const int LongestBoot = 64;

    public override async Task Connect(IAsyncStreamReader<EdgeUp> requestStream, IServerStreamWriter<EdgeDown> responseStream, ServerCallContext context)
    {
        try
        {
            if (!await requestStream.MoveNext(context.CancellationToken) || requestStream.Current.MessageCase is not EdgeUp.MessageOneofCase.Hello)
            {
                throw new FormatException("The first message must be hello.");
            }

            var session = await JoinAsync(requestStream.Current.Hello, context.CancellationToken);
            await TalkAsync(session, requestStream, responseStream, context.CancellationToken);
        }
        catch (Exception e) when (RpcErrors.StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The site broke off; it says hello again when it can.
        }
    }

    /// <summary>A site says hello: what it says of itself is checked, and its session begins.</summary>
    /// <exception cref="FormatException">Something can't be so; the message names the field.</exception>
    internal async Task<SiteSession> JoinAsync(EdgeUp.Types.Hello hello, CancellationToken cancellationToken)
    {
        var site = (hello.Site ?? throw new FormatException("hello.site is missing.")).ToModel();
        SiteRules.Check(site);
        if (hello.BootId.Length is 0 or > LongestBoot || !hello.BootId.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new FormatException($"hello.boot_id must be 1 to {LongestBoot} letters, digits and dashes.");
        }

        var session = new SiteSession(site.Id, hello.BootId, node.Telemetry.CountsOf(site.Id, hello.BootId).Sequence);
        return await node.AskAsync(
            () =>
            {
                node.Join(session, site, Clip.Reason(hello.Version, "unknown", 60));
                return session;
            },
            cancellationToken);
    }

    private async Task TalkAsync(SiteSession session, IAsyncStreamReader<EdgeUp> up, IServerStreamWriter<EdgeDown> down, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(session, up, either.Token);
        var writing = WriteAsync(session, down, either.Token);
        var reason = "It closed its stream.";
        try
        {
            // Whichever side ends first ends the other, and its reason is the one that counts.
            await await Task.WhenAny(reading, writing);
        }
        catch (Exception e)
        {
            reason = e.Message;
            throw;
        }
        finally
        {
            await either.CancelAsync();
            await node.PostAsync(() => node.Leave(session, reason));
            await Task.WhenAll(reading, writing).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static async Task WriteAsync(SiteSession session, IServerStreamWriter<EdgeDown> down, CancellationToken cancellationToken)
    {
        await foreach (var message in session.Down.ReadAllAsync(cancellationToken))
        {
            await down.WriteAsync(message, cancellationToken);
        }
    }

    private async Task ReadAsync(SiteSession session, IAsyncStreamReader<EdgeUp> up, CancellationToken cancellationToken)
    {
        while (await up.MoveNext(cancellationToken))
        {
            await TakeAsync(session, up.Current, cancellationToken);
        }
    }

    /// <summary>Takes one message of a site's stream, and returns when it was taken.</summary>
    /// <exception cref="FormatException">It can't be so; the message names the field.</exception>
    /// <exception cref="SessionEndedException">A newer stream took this one's place.</exception>
    internal async Task TakeAsync(SiteSession session, EdgeUp message, CancellationToken cancellationToken)
    {
        if (message.MessageCase is EdgeUp.MessageOneofCase.Telemetry)
        {
            TakeTelemetry(session, message.Telemetry);
        }

        // Read outside the loop: what can't be read never reaches it.
        var status = message.MessageCase is EdgeUp.MessageOneofCase.MachineStatus ? Checked(message.MachineStatus.ToModel()) : null;
        var site = message.MessageCase is EdgeUp.MessageOneofCase.Site ? message.Site.ToModel() : null;
        if (site is not null)
        {
            SiteRules.Check(site);
            if (site.Id != session.Site)
            {
                throw new FormatException($"site.id is {site.Id} on the stream of {session.Site}.");
            }
        }

        await node.AskAsync(
            () =>
            {
                node.Sites.Heard(session);
                Take(session, message, status, site);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Takes one message. On the coordinator's loop.</summary>
    private void Take(SiteSession session, EdgeUp message, Model.Sites.MachineStatus? status, Model.Sites.Site? site)
    {
        if (node.Sites.SessionOf(session.Site) != session)
        {
            throw new SessionEndedException("A newer stream of this site took its place.");
        }

        switch (message.MessageCase)
        {
            case EdgeUp.MessageOneofCase.JobEvent:
                session.Send(new EdgeDown { Acknowledged = new() { JobEventSequence = node.Intake.Take(session, message.JobEvent), TelemetrySequence = session.TelemetrySequence } });
                break;
            case EdgeUp.MessageOneofCase.Telemetry:
                session.Send(new EdgeDown { Acknowledged = new() { JobEventSequence = node.State.LastSequence(session.Site, session.Boot), TelemetrySequence = session.TelemetrySequence } });
                break;
            case EdgeUp.MessageOneofCase.MachineStatus: node.Status(session, status!); break;
            case EdgeUp.MessageOneofCase.Site: node.Register(site!); break;
            case EdgeUp.MessageOneofCase.Claim: node.Claims.Claim(session, message.Claim); break;
            case EdgeUp.MessageOneofCase.Decline: node.Claims.Decline(session, message.Decline); break;
            case EdgeUp.MessageOneofCase.KeepAlive: node.Claims.KeepAlive(session, message.KeepAlive); break;
            case EdgeUp.MessageOneofCase.Hello: throw new FormatException("hello came twice on one stream.");
            default: break; // A message of a later version: readers ignore what they don't know.
        }
    }

    private void TakeTelemetry(SiteSession session, EdgeUp.Types.TelemetryReport report)
    {
        if (report.Samples.Count > MostSamples)
        {
            throw new FormatException($"telemetry.samples has {report.Samples.Count} samples; at most {MostSamples} go into a report.");
        }

        session.TelemetrySequence = node.Telemetry.Take(session, report);
    }

    private static Model.Sites.MachineStatus Checked(Model.Sites.MachineStatus status) => status with
    {
        Detail = status.Detail is null ? null : Clip.Reason(status.Detail, "", 400),
        Progress = double.IsFinite(status.Progress) ? Math.Clamp(status.Progress, 0, 1) : 0,
        RemainingSeconds = status.RemainingSeconds is >= 0 and <= 1e8 ? status.RemainingSeconds : null,
        HotEndC = status.HotEndC is { } hotEnd && double.IsFinite(hotEnd) ? hotEnd : null,
        BedC = status.BedC is { } bed && double.IsFinite(bed) ? bed : null,
    };
}
