// Open Know-How's technology codes (TSDC) for the processes that the model knows.

using FabNet.Model.Machines;

namespace FabNet.Protocol;

/// <summary>
/// Maps <see cref="FabricationProcess"/> to Open Know-How's technology-specific documentation criteria codes and back. Source: the OKH
/// 2.x manifest's <c>tsdc</c> field.
/// </summary>
public static class TsdcCodes
{
    /// <summary>The code, such as <c>3DP</c>; null for <see cref="FabricationProcess.Unknown"/>.</summary>
    public static string? ToTsdc(this FabricationProcess process) => process switch
    {
        FabricationProcess.Printing => "3DP",
        FabricationProcess.Milling => "CNC",
        FabricationProcess.LaserCutting => "LAS",
        _ => null,
    };

    /// <summary>The process of a code, in any case; <see cref="FabricationProcess.Unknown"/> for codes that no machine of the model performs (PCB, MEC, ASM, …).</summary>
    public static FabricationProcess FromTsdc(string? code) => code?.Trim().ToUpperInvariant() switch
    {
        "3DP" => FabricationProcess.Printing,
        "CNC" => FabricationProcess.Milling,
        "LAS" => FabricationProcess.LaserCutting,
        _ => FabricationProcess.Unknown,
    };
}
