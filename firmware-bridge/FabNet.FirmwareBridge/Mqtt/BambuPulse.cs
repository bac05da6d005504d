// When the machine is asked for its state: at connecting, after a silence, and never too often.

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// The rule: the whole state (<c>pushing.pushall</c>) at most once in <see cref="BambuMachineOptions.WholeState"/>; when it is wanted sooner, the lighter <c>pushing.start</c> goes at once and
/// the whole state is asked for as soon as it may be. Silence is answered by <c>pushing.start</c>. Owned by the session's loop.
/// </summary>
internal sealed class BambuPulse(BambuMachineOptions options, BambuCommands commands, TimeProvider time)
{
    private long? _wholeAt;
    private long _heardAt = time.GetTimestamp();
    private long _askedAt = time.GetTimestamp();

    /// <summary>True while the whole state is wanted and may not be asked for yet.</summary>
    public bool IsOwed { get; private set; }

    /// <summary>How long the machine has said nothing.</summary>
    public TimeSpan Silence => time.GetElapsedTime(_heardAt);

    /// <summary>The machine said something.</summary>
    /// <param name="tellsState">True if its state was in it.</param>
    public void Hear(bool tellsState)
    {
        _heardAt = time.GetTimestamp();
        if (tellsState)
            IsOwed = false;
    }

    /// <summary>The request to send when its state is wanted now.</summary>
    public byte[] Ask()
    {
        _askedAt = time.GetTimestamp();
        IsOwed = !MayAskForAll();
        if (IsOwed)
            return commands.PushStart();
        _wholeAt = _askedAt;
        return commands.PushAll();
    }

    /// <summary>The request that is due now; null if none is.</summary>
    public byte[]? Due()
    {
        if (IsOwed && MayAskForAll())
            return Ask();
        if (Silence <= options.Silence || time.GetElapsedTime(_askedAt) <= options.Silence)
            return null;
        _askedAt = time.GetTimestamp();
        return commands.PushStart();
    }

    private bool MayAskForAll() => _wholeAt is not { } at || time.GetElapsedTime(at) >= options.WholeState;
}
