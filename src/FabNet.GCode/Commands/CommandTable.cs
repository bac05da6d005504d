// The commands that one machine knows: its dialect's, with what its profile adds and forbids.

using System.Collections.Frozen;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Commands;

/// <summary>Looks commands up for one profile. Immutable.</summary>
internal sealed class CommandTable
{
    private readonly FrozenDictionary<int, CommandKind> _kinds;
    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<string> _forbiddenNames;
    private readonly FirmwareDialect _dialect;

    private CommandTable(FirmwareDialect dialect, Dictionary<int, CommandKind> kinds, HashSet<string> names, HashSet<string> forbiddenNames)
    {
        _dialect = dialect;
        _kinds = kinds.ToFrozenDictionary();
        _names = names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _forbiddenNames = forbiddenNames.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What a command means.</summary>
    public CommandKind this[int key] => _kinds.TryGetValue(key, out var kind) ? kind : HidesAnother(key) ? CommandKind.Unfollowed : CommandKind.Unknown;

    /// <summary>What a command with a name of its own (Klipper's <c>QUAD_GANTRY_LEVEL</c>) means: harmless, forbidden, unfollowed or unknown.</summary>
    public CommandKind Named(string name) =>
        _forbiddenNames.Contains(name) ? CommandKind.Forbidden
        : _names.Contains(name) ? CommandKind.Harmless
        : KlipperNames.Unfollowed.Contains(name) ? CommandKind.Unfollowed
        : CommandKind.Unknown;

    /// <summary>The table of a profile.</summary>
    public static CommandTable Of(MachineProfile profile)
    {
        var kinds = new Dictionary<int, CommandKind>(profile.Dialect == FirmwareDialect.Grbl ? GrblCommands.Kinds : MarlinCommands.Kinds);
        var names = new HashSet<string>(profile.Dialect == FirmwareDialect.Klipper ? KlipperNames.Harmless : [], StringComparer.OrdinalIgnoreCase);
        var forbidden = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        // Klipper passes over what it does not know: without a macro of that name, a stop that asks a person would silently not happen (klippy/gcode.py, cmd_default).
        if (profile.Dialect == FirmwareDialect.Klipper)
        {
            foreach (var (key, _) in kinds.Where(static known => known.Value == CommandKind.Pause).ToArray())
                kinds.Remove(key);
        }

        foreach (var text in profile.ExtraCommands)
        {
            // What is always refused stays so: a profile can't allow it.
            if (!Command.TryParse(text, out var key))
                names.Add(text);
            else if (!kinds.TryGetValue(key, out var known) || known == CommandKind.Unfollowed)
                kinds[key] = CommandKind.Harmless;
        }

        foreach (var text in profile.ForbiddenCommands)
        {
            if (!Command.TryParse(text, out var key))
                forbidden.Add(text);
            else if (!IsAlwaysRefused(kinds.GetValueOrDefault(key)))
                kinds[key] = CommandKind.Forbidden;
        }

        return new CommandTable(profile.Dialect, kinds, names, forbidden);
    }

    /// <summary>True for the kinds that no profile can allow.</summary>
    public static bool IsAlwaysRefused(CommandKind kind) =>
        kind is CommandKind.Settings or CommandKind.Storage or CommandKind.Firmware or CommandKind.Safety;

    // A Marlin built without subcodes reads G1.5 as G1, and M104.1 as M104 (gcode/parser.cpp, USE_GCODE_SUBCODES).
    private bool HidesAnother(int key) => _dialect != FirmwareDialect.Grbl && Command.Tenths(key) % 10 != 0 && _kinds.GetValueOrDefault(key - (Command.Tenths(key) % 10)) is not (CommandKind.Unknown or CommandKind.Harmless);

    internal static void Add(Dictionary<int, CommandKind> kinds, CommandKind kind, string commands)
    {
        foreach (var text in commands.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Command.TryParse(text, out var key))
                throw new InvalidOperationException($"'{text}' is not a command.");
            kinds.Add(key, kind);
        }
    }
}
