// Finds out what is at the other end of a fresh link, without harm to whatever it is.

using System.Globalization;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>
/// Listens for a banner first. Then asks in the one way that is harmless to both families: <c>?</c> is a realtime byte to GRBL and an unknown word to Marlin, and M115 is
/// an unsupported command (error:20, or error:9 while locked) to GRBL. Neither moves, heats, nor ends anything, and no reset is sent to a machine that is not known to be GRBL.
/// The beginning of a line, which an earlier host or a pulled cable may have left in the machine, must not be ended by a line end alone: GRBL would execute it. The @ makes it one that
/// GRBL refuses as a whole (error:1, gcode.c gc_execute_line); Marlin refuses it for its missing checksum.
/// </summary>
internal sealed class DialectProbe(MachineLink link, SerialMachineOptions options, int baud)
{
    private const int ProbeMs = 1500;
    private const int QuietMs = 60;
    private const string FluidNc = "FluidNC";

    private readonly HashSet<string> _capabilities = new(StringComparer.Ordinal);
    private string? _firmware;
    private FirmwareDialect? _found = options.Dialect;
    private bool _bannerSeen;
    private bool _isAnswered;
    private bool _isBusy;
    private string? _halt;
    private bool _optionsSeen;
    private int _receiveBytes;
    private int _plannerBlocks;
    private byte[]? _status;

    /// <summary>The last status that a GRBL reported, as it came, so that a locked machine is known to be locked before anybody can start a program. Empty on others.</summary>
    public ReadOnlySpan<byte> Status => _status;

    /// <summary>True if the firmware said that it has just started.</summary>
    public bool IsRestarted => _bannerSeen;

    /// <summary>Listens, asks, and returns what answered.</summary>
    /// <exception cref="MachineLinkException">Nothing sensible answered.</exception>
    public async Task<MachineInfo> RunAsync(CancellationToken cancellationToken)
    {
        var deadlineMs = link.NowMs + options.Timings.ConnectMs;
        await ListenAsync(() => _bannerSeen, link.NowMs + options.Timings.BannerWaitMs, cancellationToken);
        for (var attempt = 0; link.NowMs < deadlineMs && link.Ended is null; attempt++)
        {
            if (_found is null)
            {
                await link.WriteAsync(new[] { GrblDialect.StatusQuery });
                await ListenAsync(() => _found is not null, Math.Min(deadlineMs, link.NowMs + 300), cancellationToken);
            }

            if (_found is null or FirmwareDialect.Marlin)
            {
                _isAnswered = false;
                // A busy one has the question already and answers when it can; more of them would overrun its buffer.
                if (attempt == 0 || !_isBusy)
                    await link.WriteAsync(_found is null ? "@\nM115\n"u8.ToArray() : "\nM115\n"u8.ToArray());
                await ListenAsync(() => _isAnswered, Math.Min(deadlineMs, link.NowMs + ProbeMs), cancellationToken);
                if (_isAnswered && _found == FirmwareDialect.Marlin)
                {
                    // Answers to earlier questions, of an earlier opening too, must not meet the numbered stream.
                    await ListenUntilQuietAsync(deadlineMs, cancellationToken);
                    return _halt is null ? Marlin() : throw new MachineLinkException(Diagnosis());
                }
            }

            if (_found == FirmwareDialect.Grbl)
            {
                _isAnswered = false;
                await link.WriteAsync("@\n$I\n"u8.ToArray());
                await ListenAsync(() => _isAnswered && _optionsSeen, Math.Min(deadlineMs, link.NowMs + ProbeMs), cancellationToken);
                if (_isAnswered)
                {
                    _status = null;
                    await link.WriteAsync(new[] { GrblDialect.StatusQuery });
                    await ListenAsync(() => _status is not null, Math.Min(deadlineMs, link.NowMs + ProbeMs), cancellationToken);
                    await ListenUntilQuietAsync(deadlineMs, cancellationToken);
                    return Grbl();
                }
            }
        }

        throw new MachineLinkException(Diagnosis());
    }

    private async Task ListenAsync(Func<bool> isDone, long untilMs, CancellationToken cancellationToken)
    {
        while (!isDone() && link.NowMs < untilMs && link.Ended is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (link.TryReadLine(out var line))
                Hear(line);
            if (isDone())
                return;
            await link.WaitAsync();
        }
    }

    private async Task ListenUntilQuietAsync(long deadlineMs, CancellationToken cancellationToken)
    {
        long heard;
        do
        {
            heard = link.Received.All;
            await ListenAsync(static () => false, link.NowMs + QuietMs, cancellationToken);
        }
        while (link.Received.All != heard && link.NowMs < deadlineMs && link.Ended is null);
    }

    private void Hear(ReadOnlySpan<byte> line)
    {
        var grbl = GrblDialect.Instance.Parse(line);
        if (options.Dialect is null or FirmwareDialect.Grbl && HearGrbl(grbl))
            return;
        if (options.Dialect is null or FirmwareDialect.Marlin)
            HearMarlin(MarlinDialect.Instance.Parse(line));
    }

    private bool HearGrbl(in FirmwareMessage message)
    {
        switch (message.Kind)
        {
            case FirmwareMessageKind.Start:
                var banner = FirmwareText.Of(message.Detail);
                _firmware ??= banner.Split(" [")[0];
                if (banner.Contains(FluidNc, StringComparison.Ordinal))
                    NoteKin(FluidNc);
                _bannerSeen = true;
                break;
            case FirmwareMessageKind.Version:
                var version = FirmwareText.Of(message.Detail);
                _firmware ??= "Grbl " + version.Split('.', ':')[0] + "." + version.Split('.', ':').ElementAtOrDefault(1);
                if (version.Contains(FluidNc, StringComparison.Ordinal))
                    NoteKin(FluidNc);
                break;
            case FirmwareMessageKind.BuildOptions:
                ReadOptions(FirmwareText.Of(message.Detail));
                _optionsSeen = true;
                break;
            case FirmwareMessageKind.Echo when message.Detail.StartsWith("FIRMWARE:"u8) && _found == FirmwareDialect.Grbl:
                NoteKin(FirmwareText.Of(message.Detail[9..]));
                break;
            case FirmwareMessageKind.Status:
                _status = message.Text.ToArray();
                break;
            case FirmwareMessageKind.Alarm:
                break;
            case FirmwareMessageKind.Error when message.Number >= 0:
                _isAnswered = true;
                break;
            case FirmwareMessageKind.Ok when _found == FirmwareDialect.Grbl:
                _isAnswered = true;
                return true;
            default:
                return false;
        }

        _found ??= FirmwareDialect.Grbl;
        return true;
    }

    private void HearMarlin(in FirmwareMessage message)
    {
        switch (message.Kind)
        {
            case FirmwareMessageKind.Start:
                _bannerSeen = true;
                _halt = null;
                _found ??= FirmwareDialect.Marlin;
                break;
            case FirmwareMessageKind.Version:
                var text = FirmwareText.Of(message.Detail);
                _firmware = text.Split(" (")[0].Split(" SOURCE_CODE_URL")[0].Split(" PROTOCOL_VERSION")[0].Trim();
                _found ??= FirmwareDialect.Marlin;
                break;
            case FirmwareMessageKind.Busy:
                _isBusy = true;
                _found ??= FirmwareDialect.Marlin;
                break;
            case FirmwareMessageKind.Error when FirmwareText.Of(message.Detail).Trim() is var error && MarlinControl.IsHalt(error):
                _halt = error;
                _found ??= FirmwareDialect.Marlin;
                break;
            case FirmwareMessageKind.Capability when message.Detail.EndsWith(":1"u8):
                _capabilities.Add(FirmwareText.Of(message.Detail[..^2]));
                break;
            case FirmwareMessageKind.Ok when _found == FirmwareDialect.Marlin:
                _isAnswered = true;
                break;
        }
    }

    // FluidNC calls itself Grbl and adds its own name; grblHAL has a line for its name.
    private void NoteKin(string name)
    {
        _firmware ??= "Grbl";
        if (!_firmware.Contains(name, StringComparison.OrdinalIgnoreCase))
            _firmware = $"{name} ({_firmware})";
    }

    // [OPT:VNM,15,128]: option letters, planner blocks, receive bytes; grblHAL adds axes and more.
    private void ReadOptions(string text)
    {
        var fields = text.Split(',');
        foreach (var letter in fields[0])
            _capabilities.Add(letter.ToString());
        if (fields.Length > 1 && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var blocks) && blocks is > 0 and < 10_000)
            _plannerBlocks = blocks;
        if (fields.Length > 2 && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes is >= 32 and <= 65_536)
            _receiveBytes = bytes;
    }

    private MachineInfo Marlin() => new()
    {
        Dialect = FirmwareDialect.Marlin,
        Firmware = _firmware ?? "a firmware that does not name itself",
        Address = options.PortName,
        ReceiveBufferBytes = options.ReceiveBufferBytes,
        MaxLineBytes = MarlinDialect.MaxContentBytes - MarlinDialect.FrameBytes,
        PlannerBlocks = MarlinStreamer.PlannerBlocks,
        Capabilities = _capabilities,
    };

    private MachineInfo Grbl() => new()
    {
        Dialect = FirmwareDialect.Grbl,
        Firmware = _firmware ?? "Grbl",
        Address = options.PortName,
        ReceiveBufferBytes = _receiveBytes > 0 ? _receiveBytes : options.ReceiveBufferBytes,
        MaxLineBytes = GrblDialect.Of(_firmware ?? "Grbl").MaxLineBytes - 1,
        PlannerBlocks = _plannerBlocks > 0 ? _plannerBlocks : 15,
        Capabilities = _capabilities,
    };

    private string Diagnosis()
    {
        var other = baud == 250000 ? 115200 : 250000;
        if (link.Ended is { } ended)
            return $"{options.PortName} was lost while it was asked what it is: {ended}";
        if (_halt is not null)
            return $"the firmware on {options.PortName} has halted: {_halt}. Find the cause, then reset the machine.";
        var (all, nonsense) = link.Received;
        if (all == 0)
            return $"{options.PortName} is silent at {baud} baud. Is the machine switched on and is this its port? If so, try --baud {other}. "
                + "A Marlin that has halted is silent, and a GRBL that homes or that stopped at a limit: wait, or press its reset.";
        if (_isBusy)
            return $"{options.PortName} is a {_found} that is busy (heating up, homing or moving for an earlier program) and answers nothing until that is done. Wait, or reset the machine.";
        if (nonsense * 10 > all || _found is null)
            return $"nothing sensible at {baud} baud on {options.PortName} ({all} bytes came, {nonsense} of them no text); try --baud {other}, or name the firmware with --dialect.";
        return $"{options.PortName} speaks like {_found} at {baud} baud but does not answer commands. Reset the machine and try again.";
    }
}
