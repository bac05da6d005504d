// From a port to a loop that serves it: opens, finds out what is there, and takes the control that speaks its words.

using System.Threading.Channels;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

internal static class SessionOpening
{
    /// <summary>Opens the link at each speed in turn until something answers.</summary>
    /// <exception cref="MachineLinkException">There is no such port, or nothing sensible at the other end at any speed.</exception>
    public static async Task<SessionLoop> ConnectAsync(
        SerialMachineOptions options,
        Func<int, CancellationToken, ValueTask<Stream>> open,
        TimeProvider time,
        ChannelReader<SessionRequest> requests,
        EventOutbox events,
        MarlinLimits limits,
        Action<MachineState, string?> setState,
        CancellationToken cancellationToken)
    {
        int[] bauds = [options.Baud, .. options.OtherBauds];
        for (var index = 0; ; index++)
        {
            var link = new MachineLink(await open(bauds[index], cancellationToken), time);
            try
            {
                var probe = new DialectProbe(link, options, bauds[index]);
                var info = await probe.RunAsync(cancellationToken);
                if (probe.IsRestarted)
                    limits.Forget();
                FirmwareControl control = info.Dialect == FirmwareDialect.Grbl
                    ? new GrblControl(info, options, events, link.NowMs)
                    : new MarlinControl(info, options, events, limits, bauds[index], link.NowMs);
                if (!probe.Status.IsEmpty)
                    control.On(control.Dialect.Parse(probe.Status), link.NowMs);
                return new SessionLoop(link, new WireRest(bauds[index]), control, requests, events, setState);
            }
            catch (MachineLinkException) when (index + 1 < bauds.Length)
            {
                await link.DisposeAsync();
            }
            catch
            {
                await link.DisposeAsync();
                throw;
            }
        }
    }
}
