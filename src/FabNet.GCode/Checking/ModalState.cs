// The modes that a program sets and that later lines depend on.

using FabNet.GCode.Commands;

namespace FabNet.GCode.Checking;

/// <summary>The modes in force.</summary>
internal sealed class ModalState
{
    /// <summary>Millimetres per unit of the program: 1 or 25.4.</summary>
    public double UnitMm { get; set; } = 1;

    /// <summary>True after G91.</summary>
    public bool IsRelative { get; set; }

    /// <summary>True after M83, and in Marlin after G91.</summary>
    public bool IsExtruderRelative { get; set; }

    /// <summary>The plane of arcs.</summary>
    public CommandKind Plane { get; set; } = CommandKind.PlaneXY;

    /// <summary>True after G93: F is moves per minute.</summary>
    public bool IsInverseTime { get; set; }

    /// <summary>The feed rate in mm/min; 0 until set.</summary>
    public double FeedMmPerMin { get; set; }

    /// <summary>The feed override (M220), 1 for 100 %.</summary>
    public double FeedScale { get; set; } = 1;

    /// <summary>The flow override (M221), 1 for 100 %.</summary>
    public double FlowScale { get; set; } = 1;

    /// <summary>The motion that a line of bare axis words repeats (GRBL); <see cref="CommandKind.CancelMotion"/> after G80.</summary>
    public CommandKind Motion { get; set; } = CommandKind.Rapid;
}
