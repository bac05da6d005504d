// Short ways to put a program to admission in tests.

using System.Text;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

internal static class Programs
{
    public static readonly MachineProfile Marlin = MachineProfiles.Find(MachineProfiles.GenericMarlin);
    public static readonly MachineProfile Grbl = MachineProfiles.Find(MachineProfiles.GenericGrbl);
    public static readonly MachineProfile Klipper = MachineProfiles.Find("voron-2.4");
    public static readonly MachineProfile Laser = Grbl with { Name = "laser", Spindle = new Spindle { MaxRpm = 1000, IsLaser = true } };

    /// <summary>Puts a program to admission. Bytes are Latin-1, so that any byte can be written.</summary>
    public static AdmissionResult Check(string program, MachineProfile? profile = null, AdmissionOptions? options = null) =>
        Check(Encoding.Latin1.GetBytes(program), profile, options);

    public static AdmissionResult Check(byte[] program, MachineProfile? profile = null, AdmissionOptions? options = null) =>
        Admission.Check(new MemoryStream(program), profile ?? Marlin, new MemoryStream(), options, TestContext.Current.CancellationToken);

    /// <summary>The refusal's code, of a program that must be refused.</summary>
    public static ViolationCode Refusal(string program, MachineProfile? profile = null, AdmissionOptions? options = null)
    {
        var result = Check(program, profile, options);
        Assert.False(result.IsAdmitted, "admitted: " + program);
        return result.Violations.First(violation => violation.Severity == Severity.Refusal).Code;
    }

    /// <summary>The lines that will be sent, of a program that must be admitted.</summary>
    public static string[] Lines(string program, MachineProfile? profile = null, AdmissionOptions? options = null)
    {
        var result = Check(program, profile, options);
        Assert.True(result.IsAdmitted, string.Join('\n', result.Violations));
        return Lines(result.Program!);
    }

    public static string[] Lines(AdmittedProgram program)
    {
        var lines = new List<string>();
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
            lines.Add(Encoding.Latin1.GetString(line));
        return [.. lines];
    }

    /// <summary>Warnings of a program that must be admitted.</summary>
    public static ViolationCode[] Warnings(string program, MachineProfile? profile = null)
    {
        var result = Check(program, profile);
        Assert.True(result.IsAdmitted, string.Join('\n', result.Violations));
        return [.. result.Violations.Select(violation => violation.Code)];
    }
}
