// The spindle or laser that a program drives: presence, range, and never lit where it should be dark.

using FabNet.GCode.Commands;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Follows S, M3, M4 and M5.</summary>
internal sealed class SpindleTracker
{
    private readonly MachineProfile _profile;
    private readonly ViolationLog _log;

    public SpindleTracker(MachineProfile profile, ViolationLog log)
    {
        _profile = profile;
        _log = log;
    }

    public double MaxRpm { get; private set; }

    /// <summary>The last S.</summary>
    public double Speed { get; private set; }

    /// <summary>M3, M4 or M5, whichever is in force.</summary>
    public CommandKind Mode { get; private set; } = CommandKind.SpindleOff;

    /// <summary>True between M3 or M4 and M5.</summary>
    public bool IsOn => Mode != CommandKind.SpindleOff;

    /// <summary>True if it turns, or shines.</summary>
    public bool IsCutting => IsOn && (Speed > 0 || _profile.Spindle is not { IsLaser: true });

    private bool Shines => IsOn && Speed > 0 && _profile.Spindle is { IsLaser: true };

    /// <summary>Takes an S word.</summary>
    public void SetSpeed(double speed)
    {
        Speed = speed;
        if (_profile.Spindle is not { } spindle)
        {
            if (speed != 0)
                _log.Refuse(ViolationCode.NoSpindle, $"S{speed:0.##} drives a spindle or laser, which {_profile.Name} has not. Export the program for this machine.");
            return;
        }

        if (speed < 0 || speed > spindle.MaxRpm)
            _log.Refuse(ViolationCode.SpindleOutOfRange, $"S{speed:0.##} is outside 0 to {spindle.MaxRpm:0.##} of {_profile.Name}. Change the speed in the CAM program.");
        else if (speed > 0 && speed < spindle.MinRpm)
            _log.Warn(ViolationCode.SpindleOutOfRange, $"S{speed:0.##} is below the {spindle.MinRpm:0.##} that the spindle of {_profile.Name} can turn at; it will run at its slowest.");
        if (IsOn)
            MaxRpm = Math.Max(MaxRpm, speed);
    }

    /// <summary>Obeys M3, M4 or M5.</summary>
    public void Obey(CommandKind kind, string name)
    {
        Mode = kind;
        if (!IsOn)
            return;
        if (_profile.Spindle is null)
            _log.Refuse(ViolationCode.NoSpindle, $"{name} starts a spindle or laser, which {_profile.Name} has not. Export the program for this machine.");
        MaxRpm = Math.Max(MaxRpm, Speed);
    }

    /// <summary>The program ended by M2 or M30, which stops the spindle.</summary>
    public void Stop() => Mode = CommandKind.SpindleOff;

    /// <summary>A rapid motion, a dwell or a pause begins.</summary>
    public void Idle(string what)
    {
        if (Shines && Mode != CommandKind.SpindleDynamic)
            _log.Warn(ViolationCode.LaserOnDuringTravel, $"the laser stays lit (M3 S{Speed:0.##}) during {what}: it burns unless the controller's laser mode is on. Use M4, or S0 before it.");
    }

    /// <summary>The program's end.</summary>
    public void End()
    {
        if (Shines)
            _log.Refuse(ViolationCode.SpindleLeftOn, $"the program ends with the laser lit. Add M5 at its end.");
        else if (IsOn)
            _log.Warn(ViolationCode.SpindleLeftOn, $"the program ends with the spindle on. It is stopped when the job ends; add M5 at the program's end.");
    }
}
