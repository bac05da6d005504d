// How a run ended: a value, never an exception.

namespace FabNet.FirmwareBridge;

/// <summary>What is known of heaters and spindle after a run that did not complete.</summary>
public enum SafeState
{
    /// <summary>The firmware confirmed that heaters, fan and spindle were turned off.</summary>
    Confirmed,

    /// <summary>The firmware halted or restarted, which turns heaters and spindle off.</summary>
    FirmwareStopped,

    /// <summary>The orders were sent, and no answer came: look at the machine.</summary>
    Unconfirmed,

    /// <summary>The link is gone: heaters may still be hot and on. Go to the machine.</summary>
    LinkLost,

    /// <summary>Nothing of the program was sent, so nothing had to be turned off.</summary>
    NotNeeded,
}

/// <summary>How a run ended.</summary>
public abstract record RunOutcome
{
    private RunOutcome()
    {
    }

    /// <summary>The last line of the program that was surely executed, from 1; 0 if none.</summary>
    public required int LastExecutedLine { get; init; }

    /// <summary>The last line that was sent: lines after <see cref="LastExecutedLine"/> up to this one may have been executed. 0 if none.</summary>
    public required int LastSentLine { get; init; }

    /// <summary>How long it took from the first line to the end, pauses included.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Every line was executed, and the machine has come to rest.</summary>
    public sealed record Completed : RunOutcome;

    /// <summary>It stopped before its end.</summary>
    public sealed record Failed : RunOutcome
    {
        /// <summary>What happened, at which line, and what can be done.</summary>
        public required string Reason { get; init; }

        /// <summary>What is known of heaters and spindle.</summary>
        public required SafeState SafeState { get; init; }

        /// <summary>False if not one byte of the program was sent.</summary>
        public bool WasStarted => LastSentLine > 0;
    }

    /// <summary>It was called off.</summary>
    public sealed record Cancelled : RunOutcome
    {
        /// <summary>Who or what called it off.</summary>
        public required string Reason { get; init; }

        /// <summary>What is known of heaters and spindle.</summary>
        public required SafeState SafeState { get; init; }
    }
}
