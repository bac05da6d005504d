// Temperatures that a program sets: limits, cold extrusion, and how long heating takes.

using FabNet.GCode.Commands;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Follows heater targets. The time model is rough: power over heat capacity, no losses.</summary>
internal sealed class HeatTracker
{
    private const double RoomC = 20;

    // A hot end's heater (40 W) over about 16 J/K; a bed over about 350 J/K with what power remains; a chamber follows slowly; cooling without a fan.
    private const double HotEndW = 40;
    private const double HotEndJoulesPerK = 16;
    private const double BedJoulesPerK = 350;
    private const double ChamberKPerS = 0.05;
    private const double CoolingKPerS = 1;

    private readonly MachineProfile _profile;
    private readonly ViolationLog _log;
    private readonly Timeline _time;
    private readonly Heater[] _hotEnds;
    private Heater _bed = new(RoomC);
    private Heater _chamber = new(RoomC);

    public HeatTracker(MachineProfile profile, ViolationLog log, Timeline time)
    {
        _profile = profile;
        _log = log;
        _time = time;
        _hotEnds = new Heater[profile.HotEnds.Count];
        Array.Fill(_hotEnds, new Heater(RoomC));
        LookAtTool();
    }

    /// <summary>The tool in use.</summary>
    public int Tool
    {
        get;
        set
        {
            field = value;
            LookAtTool();
        }
    }

    public double MaxHotEndC { get; private set; }

    public double MaxBedC { get; private set; }

    public double MaxChamberC { get; private set; }

    private double Now => _time.Elapsed + _time.HeatUpSeconds;

    /// <summary>True if filament may be pushed through the tool in use.</summary>
    public bool MayExtrude { get; private set; }

    /// <summary>Obeys a heating command.</summary>
    public void Obey(CommandKind kind, in Words words, string name)
    {
        switch (kind)
        {
            case CommandKind.HotEnd or CommandKind.HotEndWait:
                ObeyHotEnd(kind, words, name);
                break;
            case CommandKind.Bed or CommandKind.BedWait:
                if (!TryTarget(words, kind == CommandKind.BedWait, name, out var bedC, out var waitsForCooling))
                    return;
                if (bedC > _profile.MaxBedTemperatureC)
                    _log.Refuse(ViolationCode.BedTooHot, $"{name} sets the bed to {bedC:0.#} °C; {_profile.Name} {(_profile.MaxBedTemperatureC > 0 ? $"allows {_profile.MaxBedTemperatureC:0.#} °C" : "has no heated bed")}. Slice for this machine, or remove the command.");
                MaxBedC = Math.Max(MaxBedC, bedC);
                Set(ref _bed, bedC, Math.Max(50, _profile.Power.WarmUpW - HotEndW) / BedJoulesPerK, kind == CommandKind.BedWait, waitsForCooling);
                break;
            default:
                if (!TryTarget(words, kind == CommandKind.ChamberWait, name, out var chamberC, out waitsForCooling))
                    return;
                if (chamberC > _profile.MaxChamberTemperatureC)
                    _log.Refuse(ViolationCode.ChamberTooHot, $"{name} sets the chamber to {chamberC:0.#} °C; {_profile.Name} {(_profile.MaxChamberTemperatureC > 0 ? $"allows {_profile.MaxChamberTemperatureC:0.#} °C" : "has no heated chamber")}. Slice for this machine, or remove the command.");
                MaxChamberC = Math.Max(MaxChamberC, chamberC);
                Set(ref _chamber, chamberC, ChamberKPerS, kind == CommandKind.ChamberWait, waitsForCooling);
                break;
        }
    }

    /// <summary>Warns of heaters that the program leaves on.</summary>
    public void End()
    {
        for (var i = 0; i < _hotEnds.Length; i++)
        {
            if (_hotEnds[i].TargetC > 0)
                _log.Warn(ViolationCode.HeaterLeftOn, $"the program ends with hot end {i} at {_hotEnds[i].TargetC:0.#} °C. It is switched off when the job ends; add M104 T{i} S0 to the end code.");
        }

        if (_bed.TargetC > 0)
            _log.Warn(ViolationCode.HeaterLeftOn, $"the program ends with the bed at {_bed.TargetC:0.#} °C. It is switched off when the job ends; add M140 S0 to the end code.");
        if (_chamber.TargetC > 0)
            _log.Warn(ViolationCode.HeaterLeftOn, $"the program ends with the chamber at {_chamber.TargetC:0.#} °C. It is switched off when the job ends; add M141 S0 to the end code.");
    }

    private void ObeyHotEnd(CommandKind kind, in Words words, string name)
    {
        var tool = words.Or('T', Tool);
        if (tool < 0 || tool != Math.Floor(tool) || tool >= _hotEnds.Length)
        {
            _log.Refuse(ViolationCode.NoSuchTool, $"{name} heats hot end {tool:0.##}; {_profile.Name} has {_hotEnds.Length}, counted from 0. Slice for this machine.");
            return;
        }

        var hotEnd = _profile.HotEnds[(int)tool];
        if (words.Mentions('F') || words.Mentions('B'))
            _log.Refuse(ViolationCode.HotEndTooHot, $"{name} lets the firmware raise the temperature by itself, up to B or to a figure of its own (250 °C in Marlin), while filament flows (F, B). Remove F and B.");
        if (!TryTarget(words, kind == CommandKind.HotEndWait, name, out var celsius, out var waitsForCooling))
            return;
        if (celsius > hotEnd.MaxTemperatureC)
            _log.Refuse(ViolationCode.HotEndTooHot, $"{name} sets hot end {(int)tool} to {celsius:0.#} °C; {_profile.Name} allows {hotEnd.MaxTemperatureC:0.#} °C. Slice for this machine and material.");
        MaxHotEndC = Math.Max(MaxHotEndC, celsius);
        Set(ref _hotEnds[(int)tool], celsius, Math.Max(10, Math.Min(HotEndW, _profile.Power.WarmUpW)) / HotEndJoulesPerK, kind == CommandKind.HotEndWait, waitsForCooling);
        LookAtTool();
    }

    private void LookAtTool() => MayExtrude = Tool < _hotEnds.Length && _hotEnds[Tool].TargetC >= _profile.HotEnds[Tool].MinExtrusionTemperatureC;

    private bool TryTarget(in Words words, bool waits, string name, out double celsius, out bool waitsForCooling)
    {
        if (words.Mentions('I'))
            _log.Refuse(ViolationCode.MissingValue, $"{name} takes its temperature from a preset stored in the machine (I), which can't be checked. Write the temperature with S.");

        // R is Marlin's for commands that wait; other firmwares read it on all (as a standby temperature), so the higher of both counts.
        waitsForCooling = waits && words.Has('R');
        celsius = Math.Max(words.Or('S', double.MinValue), words.Or('R', double.MinValue));
        if (!words.Has('S') && !words.Has('R'))
            return false;
        if (celsius < 0)
        {
            _log.Refuse(ViolationCode.NumberOutOfRange, $"{name} sets a temperature of {celsius:0.#} °C. Use 0 to switch a heater off.");
            return false;
        }

        return true;
    }

    private void Set(ref Heater heater, double celsius, double kelvinPerS, bool waits, bool waitsForCooling)
    {
        var now = Now;
        var reached = heater.At(now);
        heater = new Heater(reached, now, celsius, kelvinPerS);
        if (!waits || celsius <= RoomC)
            return;
        if (celsius > reached)
            _time.WaitForHeat((celsius - reached) / kelvinPerS);
        else if (waitsForCooling)
            _time.WaitForHeat((reached - celsius) / CoolingKPerS);
    }

    private readonly record struct Heater(double FromC, double SinceS, double TargetC, double KelvinPerS)
    {
        public Heater(double roomC)
            : this(roomC, 0, 0, 1)
        {
        }

        public double At(double seconds)
        {
            var target = Math.Max(TargetC, RoomC);
            return target >= FromC
                ? Math.Min(target, FromC + ((seconds - SinceS) * KelvinPerS))
                : Math.Max(target, FromC - ((seconds - SinceS) * CoolingKPerS));
        }
    }
}
