// Collects violations: all counted, the first of them kept with their text.

using System.Runtime.CompilerServices;

namespace FabNet.GCode;

/// <summary>The violations of one program. Text is only made for those that are kept, so a hostile file can't make it costly.</summary>
internal sealed class ViolationLog
{
    private const int WarningsKeptPerCode = 5;

    private readonly int _capacity;
    private readonly List<Violation> _refusals = [];
    private readonly List<Violation> _warnings = [];
    private readonly int[] _warningsOf = new int[Enum.GetValues<ViolationCode>().Length];

    public ViolationLog(int capacity) => _capacity = Math.Max(1, capacity);

    /// <summary>The source line under examination.</summary>
    public int Line { get; set; }

    /// <summary>All violations, kept or not.</summary>
    public long Count { get; private set; }

    /// <summary>All refusals, kept or not.</summary>
    public long RefusalCount { get; private set; }

    /// <summary>Notes a reason to refuse the program, at the current line.</summary>
    public void Refuse(ViolationCode code, [InterpolatedStringHandlerArgument("")] ref RefusalText text)
    {
        Count++;
        RefusalCount++;
        if (_refusals.Count < _capacity)
            _refusals.Add(new Violation(Line, code, Severity.Refusal, text.ToString()));
    }

    /// <summary>Notes a warning, at the current line. The first few of a kind are kept.</summary>
    public void Warn(ViolationCode code, [InterpolatedStringHandlerArgument("", nameof(code))] ref WarningText text)
    {
        Count++;
        if (KeepsWarning(code))
            _warnings.Add(new Violation(Line, code, Severity.Warning, text.ToString()));
        if (_warningsOf[(int)code] < int.MaxValue)
            _warningsOf[(int)code]++;
    }

    /// <summary>True if no warning of the code was noted yet.</summary>
    public bool IsFirst(ViolationCode code) => _warningsOf[(int)code] == 0;

    /// <summary>What was kept, refusals taking precedence, in the order of the source.</summary>
    public IReadOnlyList<Violation> Kept() =>
        [.. _refusals.Concat(_warnings.Take(Math.Max(0, _capacity - _refusals.Count))).OrderBy(violation => violation.Line == 0 ? int.MaxValue : violation.Line)];

    private bool KeepsWarning(ViolationCode code) => _warnings.Count < _capacity && _warningsOf[(int)code] < WarningsKeptPerCode;

    /// <summary>The text of a refusal, made only if it is kept.</summary>
    [InterpolatedStringHandler]
    internal ref struct RefusalText
    {
        private DefaultInterpolatedStringHandler _text;

        public RefusalText(int literalLength, int formattedCount, ViolationLog log, out bool isKept)
        {
            isKept = log._refusals.Count < log._capacity;
            _text = isKept ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

        public override string ToString() => _text.ToStringAndClear();
    }

    /// <summary>The text of a warning, made only if it is kept.</summary>
    [InterpolatedStringHandler]
    internal ref struct WarningText
    {
        private DefaultInterpolatedStringHandler _text;

        public WarningText(int literalLength, int formattedCount, ViolationLog log, ViolationCode code, out bool isKept)
        {
            isKept = log.KeepsWarning(code);
            _text = isKept ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

        public override string ToString() => _text.ToStringAndClear();
    }
}
