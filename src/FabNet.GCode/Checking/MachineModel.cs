// The machine as a program moves through it: its trackers, and what every dialect does alike.

using FabNet.GCode.Commands;
using FabNet.GCode.Motion;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Everything that is followed while a program is checked. One owner: the checker.</summary>
internal sealed class MachineModel
{
    /// <summary>A change of tool, in seconds: a rough figure.</summary>
    public const double ToolChangeSeconds = 10;

    private const double LongestDwellSeconds = 24 * 3600;
    private static readonly int PressureAdvance = Command.Key('M', 9000);

    public MachineModel(MachineProfile profile, AdmissionOptions options, ViolationLog log)
    {
        Profile = profile;
        Log = log;
        Table = CommandTable.Of(profile);
        Time = new Timeline(MotionLimits.Of(profile));
        Layers = new LayerTracker(Time);
        Features = new FeatureTracker(Time);
        Heat = new HeatTracker(profile, log, Time);
        Spindle = new SpindleTracker(profile, log);
        Motion = new MotionTracker(profile, options, log, Time, Modes, Heat, Spindle, Layers, Features);
        Limits = new LimitTracker(profile, log, Time, Modes);
        Modes.FeedMmPerMin = profile.Dialect == FirmwareDialect.Grbl ? 0 : profile.DefaultFeedMmPerMin;
    }

    public MachineProfile Profile { get; }

    public ViolationLog Log { get; }

    public CommandTable Table { get; }

    public ModalState Modes { get; } = new();

    public LayerTracker Layers { get; }

    public FeatureTracker Features { get; }

    public Timeline Time { get; }

    public HeatTracker Heat { get; }

    public SpindleTracker Spindle { get; }

    public MotionTracker Motion { get; }

    public LimitTracker Limits { get; }

    /// <summary>The commands so far that change limits for good, each once.</summary>
    public List<string> LimitCommands { get; } = [];

    /// <summary>The program line under way, from 1.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Changes of tool so far.</summary>
    public int ToolChangeCount { get; set; }

    /// <summary>What is the same for every dialect.</summary>
    public void ObeyCommon(int key, CommandKind kind, in Words words)
    {
        switch (kind)
        {
            case CommandKind.Harmless when key == PressureAdvance:
                NoteLimit(Command.Name(key));
                break;
            case CommandKind.Harmless or CommandKind.PlaneXY:
                break;
            case CommandKind.Millimetres:
                Modes.UnitMm = 1;
                break;
            case CommandKind.ExtruderAbsolute or CommandKind.ExtruderRelative:
                Modes.IsExtruderRelative = kind == CommandKind.ExtruderRelative;
                break;
            case CommandKind.MaxAcceleration or CommandKind.MaxFeed or CommandKind.Acceleration or CommandKind.Corner or CommandKind.FeedOverride or CommandKind.FlowOverride:
                var name = Command.Name(key);
                Limits.Obey(kind, words, name);
                // Overrides are set anew ahead of each program.
                if (kind is not (CommandKind.FeedOverride or CommandKind.FlowOverride))
                    NoteLimit(name);
                break;
            case CommandKind.Pause:
                Pause();
                break;
            default:
                RefuseCommand(Command.Name(key), kind);
                break;
        }
    }

    private void NoteLimit(string name)
    {
        if (!LimitCommands.Contains(name))
            LimitCommands.Add(name);
    }

    /// <summary>A comment of the program: its text, after the semicolon.</summary>
    public void Comment(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart((byte)' ');
        Layers.Comment(text, Line);
        Features.Comment(text, Line);
    }

    /// <summary>A stop that a person ends.</summary>
    public void Pause()
    {
        Spindle.Idle("a pause");

        // How long a person takes is nobody's to say.
        Time.Wait(0, Line);
    }

    /// <summary>G4.</summary>
    public void Dwell(double seconds)
    {
        if (seconds is < 0 or > LongestDwellSeconds)
        {
            Log.Refuse(ViolationCode.NumberOutOfRange, $"G4 waits {seconds:0.###} s; 0 to {LongestDwellSeconds:0} s make sense. Correct it.");
            return;
        }

        if (seconds > 0)
            Spindle.Idle("a dwell");
        Time.Wait(seconds, Line);
    }

    /// <summary>Says why a command may not be sent.</summary>
    /// <returns>True if the profile lets it pass with a warning.</returns>
    public bool RefuseCommand(string name, CommandKind kind)
    {
        switch (kind)
        {
            case CommandKind.Settings:
                Log.Refuse(ViolationCode.SettingsCommand, $"{name} changes what the machine remembers or is tuned by; a program may not. Remove it, and set it up from the machine's console.");
                return false;
            case CommandKind.Storage:
                Log.Refuse(ViolationCode.StorageCommand, $"{name} reads or writes the machine's own storage; a program may not. Remove it.");
                return false;
            case CommandKind.Firmware:
                Log.Refuse(ViolationCode.FirmwareCommand, $"{name} changes the firmware or its link; a program may not. Remove it.");
                return false;
            case CommandKind.Safety:
                Log.Refuse(ViolationCode.SafetyCommand, $"{name} works around the machine's protections or belongs to a person at the machine; a program may not use it. Remove it.");
                return false;
            case CommandKind.Forbidden:
                Log.Refuse(ViolationCode.ForbiddenCommand, $"{name} is forbidden by the profile of {Profile.Name}. Remove it.");
                return false;
            case CommandKind.Unfollowed:
                Log.Refuse(ViolationCode.UnknownCommand, $"{name} moves, heats or shifts coordinates in a way that can't be followed. Remove it, or list it under commands.extra in the machine's profile if you answer for what it does.");
                return false;
            default:
                if (Profile.UnknownCommands == UnknownCommandPolicy.Warn)
                {
                    Log.Warn(ViolationCode.UnknownCommand, $"{name} is not known for {Profile.Name}; it is sent as it is.");
                    return true;
                }

                Log.Refuse(ViolationCode.UnknownCommand, $"{name} is not known for {Profile.Name}. Remove it, or list it under commands.extra in the machine's profile if its firmware has it.");
                return false;
        }
    }
}
