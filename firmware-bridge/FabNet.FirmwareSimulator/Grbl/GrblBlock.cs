// One parsed block of G-code: its words, and what they mean after checking.

using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>GRBL's motion modes (modal group 1).</summary>
internal enum GrblMotion
{
    Seek = 0,
    Linear = 1,
    ClockwiseArc = 2,
    CounterClockwiseArc = 3,
    ProbeToward = 140,
    ProbeTowardNoError = 141,
    ProbeAway = 142,
    ProbeAwayNoError = 143,
    None = 80,
}

/// <summary>Commands of one block only (modal group 0); the tenths of G28.1, G30.1 and G92.1 make numbers of their own.</summary>
internal enum GrblAction
{
    None = 0,
    Dwell = 40,
    SetCoordinates = 100,
    GoHome0 = 280,
    SetHome0 = 281,
    GoHome1 = 300,
    SetHome1 = 301,
    MachineCoordinates = 530,
    SetOffset = 920,
    ClearOffset = 921,
}

/// <summary>The modes that stay from block to block.</summary>
internal struct GrblModes
{
    public GrblMotion Motion;

    /// <summary>0 to 5: G54 to G59.</summary>
    public int CoordinateSystem;

    /// <summary>0 XY, 1 ZX, 2 YZ.</summary>
    public int Plane;
    public bool Inches;
    public bool Relative;
    public bool InverseTime;

    /// <summary>3, 4 or 5.</summary>
    public int Spindle;
    public bool Flood;
    public bool Mist;
    public bool ToolLengthActive;

    /// <summary>0 runs; else M0, M2, M30 as 1, 2, 30.</summary>
    public int Flow;

    public static GrblModes Default => new() { Motion = GrblMotion.Seek, Spindle = 5 };
}

/// <summary>A block that passed every check, ready to execute. Lengths in mm, machine coordinates; rates in mm/min.</summary>
internal sealed class GrblBlock
{
    public GrblModes Modes;
    public GrblAction Action;
    public bool IsJog;

    /// <summary>True if axis words make a motion of the motion mode.</summary>
    public bool Moves;

    /// <summary>True if G28 or G30 go by an intermediate point.</summary>
    public bool HasWaypoint;
    public bool ChangesToolLength;
    public Axes Target;

    /// <summary>G28 and G30: the home position. G10: the new coordinate data.</summary>
    public Axes Stored;

    /// <summary>G10: which coordinate system.</summary>
    public int StoredSystem;

    /// <summary>Where the selected coordinate system has its origin.</summary>
    public Axes CoordinateOrigin;
    public double Feed;
    public double SpindleSpeed;
    public int Tool;
    public long Line;
    public double DwellS;

    /// <summary>The arc's centre relative to its start, in the plane's axes.</summary>
    public double CentreOffset0;
    public double CentreOffset1;
    public double Radius;
}
