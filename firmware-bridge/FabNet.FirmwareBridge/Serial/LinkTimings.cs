// The time limits of a link to a machine.

namespace FabNet.FirmwareBridge;

/// <summary>Time limits of a serial link. The defaults are for real machines; a simulator that runs faster may take shorter ones.</summary>
public sealed record LinkTimings
{
    /// <summary>How long a board that may have been reset by opening the port is given to say its banner before it is spoken to. Default 1.5 s.</summary>
    public TimeSpan BannerWait { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long opening may take in all. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which the firmware is asked again, while it is not known to say that it is busy. Default 30 s.</summary>
    public TimeSpan NoReply { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence after which a firmware that is known to say that it is busy (or GRBL, which answers <c>?</c> at any time) is asked again. Default 3 s.</summary>
    public TimeSpan NoReplyOnceBusyIsKnown { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a command that homes, heats, probes or waits may take without any sign of life. Default 15 min.</summary>
    public TimeSpan LongCommand { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How many silences in a row end a run. Default 5.</summary>
    public int Misses { get; init; } = 5;

    /// <summary>How often temperatures are asked for. Default 2 s.</summary>
    public TimeSpan TemperaturePoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a moving GRBL is asked for its status. Default 200 ms, which is also the least that is kind to it.</summary>
    public TimeSpan StatusPoll { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long making the machine safe may take after a run broke off. Default 20 s.</summary>
    public TimeSpan Secure { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long heaters may stay on while no program runs and nobody asks anything of the machine; then they are turned off. Default 30 min.</summary>
    public TimeSpan IdleHeat { get; init; } = TimeSpan.FromMinutes(30);

    internal long BannerWaitMs => (long)BannerWait.TotalMilliseconds;

    internal long ConnectMs => (long)Connect.TotalMilliseconds;

    internal long NoReplyMs => (long)NoReply.TotalMilliseconds;

    internal long NoReplyOnceBusyIsKnownMs => (long)NoReplyOnceBusyIsKnown.TotalMilliseconds;

    internal long LongCommandMs => (long)LongCommand.TotalMilliseconds;

    internal long TemperaturePollMs => (long)TemperaturePoll.TotalMilliseconds;

    internal long StatusPollMs => (long)StatusPoll.TotalMilliseconds;

    internal long IdleHeatMs => (long)IdleHeat.TotalMilliseconds;

    internal long SecureMs => (long)Secure.TotalMilliseconds;
}
