// One fault on a wire, at one place: the n-th line or byte that passes since the wire was armed.

using System.Globalization;

namespace FabNet.Tests.Bridge;

public enum WireFaultKind
{
    /// <summary>A line of the host is lost.</summary>
    LoseLine,

    /// <summary>One bit of one byte to the machine is flipped.</summary>
    FlipToMachine,

    /// <summary>A line of the machine is lost.</summary>
    LoseReply,

    /// <summary>A line of the machine comes twice.</summary>
    DoubleReply,

    /// <summary>A line of the machine, and all behind it, comes late.</summary>
    DelayReply,

    /// <summary>One bit of one byte to the host is flipped.</summary>
    FlipToHost,

    /// <summary>The processor resets before a line of the host reaches it.</summary>
    Reset,

    /// <summary>The cable is pulled before a line of the host, and plugged in again later.</summary>
    Unplug,

    /// <summary>From a line of the host on, the machine works and says nothing more.</summary>
    Mute,

    /// <summary>From a line of the host on, nothing passes in either direction.</summary>
    Dead,
}

/// <summary>What happens, and where.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">The line or byte, from 1.</param>
/// <param name="Amount">Seconds for a delay and for the time unplugged; the bit for a flip.</param>
internal readonly record struct WireFault(WireFaultKind Kind, int At, double Amount = 0)
{
    public bool IsOfHost => Kind is not (WireFaultKind.LoseReply or WireFaultKind.DoubleReply or WireFaultKind.DelayReply or WireFaultKind.FlipToHost);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} at {At} ({Amount:0.###})");
}
