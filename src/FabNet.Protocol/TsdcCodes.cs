// Open Know-How's technology codes (TSDC) for the processes that the model knows.

using FabNet.Model.Machines;

namespace FabNet.Protocol;

/// <summary>
/// Maps <see cref="FabricationProcess"/> to Open Know-How's technology-specific documentation criteria codes and back. Source: the OKH
/// 2.x manifest's <c>tsdc</c> field.
/// </summary>
public static class TsdcCodes
{
    private static readonly (string Code, FabricationProcess Process)[] Codes =
    [
        ("3DP", FabricationProcess.Printing), ("CNC", FabricationProcess.Milling), ("LAS", FabricationProcess.LaserCutting),
        ("PCB", FabricationProcess.CircuitBoard), ("MEC", FabricationProcess.MechanicalAssembly), ("ASM", FabricationProcess.Assembly),
        ("WEL", FabricationProcess.Welding), ("CIR", FabricationProcess.Circuitry),
    ];

    /// <summary>Every code, for a message: <c>3DP, CNC, LAS, PCB, …</c>.</summary>
    public static string Known { get; } = string.Join(", ", Codes.Select(c => c.Code));

    /// <summary>The code, such as <c>3DP</c>; null for <see cref="FabricationProcess.Unknown"/>.</summary>
    public static string? ToTsdc(this FabricationProcess process) => Array.Find(Codes, c => c.Process == process).Code;

    /// <summary>The process of a code, in any case; <see cref="FabricationProcess.Unknown"/> for anything that is no code.</summary>
    public static FabricationProcess FromTsdc(string? code) => Array.Find(Codes, c => c.Code.Equals(code?.Trim(), StringComparison.OrdinalIgnoreCase)).Process;
}
