// Machines to simulate where nobody names a profile: an ordinary printer and an ordinary router.

using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator;

/// <summary>Plain machines for tests and for the first try.</summary>
public static class DefaultProfiles
{
    /// <summary>A cartesian printer of 250 × 210 × 210 mm with one hot end and a heated bed, Marlin at 115200 baud.</summary>
    public static MachineProfile Printer { get; } = new()
    {
        Name = "simulated-printer",
        Title = "Simulated printer",
        Process = FabricationProcess.Printing,
        Dialect = FirmwareDialect.Marlin,
        Baud = 115200,
        X = new AxisLimits { RangeMm = new AxisRange(0, 250), MaxFeedMmPerMin = 12000, AccelerationMmPerS2 = 1000, JerkMmPerS = 8 },
        Y = new AxisLimits { RangeMm = new AxisRange(0, 210), MaxFeedMmPerMin = 12000, AccelerationMmPerS2 = 1000, JerkMmPerS = 8 },
        Z = new AxisLimits { RangeMm = new AxisRange(0, 210), MaxFeedMmPerMin = 720, AccelerationMmPerS2 = 200, JerkMmPerS = 0.4 },
        E = new AxisLimits { MaxFeedMmPerMin = 7200, AccelerationMmPerS2 = 5000, JerkMmPerS = 4.5 },
        PrintAccelerationMmPerS2 = 1000,
        TravelAccelerationMmPerS2 = 1000,
        RetractAccelerationMmPerS2 = 1250,
        DefaultFeedMmPerMin = 1500,
        HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 290 }],
        MaxBedTemperatureC = 120,
    };

    /// <summary>A router of 300 × 180 × 45 mm with a spindle, GRBL at 115200 baud. Machine coordinates are negative, as GRBL homes to the far corner.</summary>
    public static MachineProfile Router { get; } = new()
    {
        Name = "simulated-router",
        Title = "Simulated router",
        Process = FabricationProcess.Milling,
        Dialect = FirmwareDialect.Grbl,
        Baud = 115200,
        X = new AxisLimits { RangeMm = new AxisRange(-300, 0), MaxFeedMmPerMin = 5000, AccelerationMmPerS2 = 300 },
        Y = new AxisLimits { RangeMm = new AxisRange(-180, 0), MaxFeedMmPerMin = 5000, AccelerationMmPerS2 = 300 },
        Z = new AxisLimits { RangeMm = new AxisRange(-45, 0), MaxFeedMmPerMin = 1500, AccelerationMmPerS2 = 100 },
        JunctionDeviationMm = 0.01,
        DefaultFeedMmPerMin = 1000,
        Spindle = new Spindle { MaxRpm = 10000 },
    };
}
