// A growing value per program line, kept as evenly spaced samples: every line up to the capacity, then every 2nd, 4th, 8th…

namespace FabNet.GCode.Program;

/// <summary>Samples of a value that never falls from line to line. Memory is bounded by the capacity, whatever the number of lines.</summary>
internal sealed class SampledTable
{
    private const int Capacity = 1 << 16;

    // Sample k belongs to line k × _stride; line 0 is the state before the first line.
    private readonly List<double> _samples = [0];
    private int _stride = 1;
    private int _nextLine = 1;
    private double _last;

    /// <summary>The last line that has a value.</summary>
    public int LastLine { get; private set; }

    /// <summary>Sets the value at the end of a line. Lines between the last one set and this one keep the value before.</summary>
    public void Set(int line, double value)
    {
        while (_nextLine < line)
            Append(_last);
        LastLine = Math.Max(LastLine, line);
        _last = Math.Max(_last, value);
        if (_nextLine == line)
            Append(_last);
    }

    /// <summary>The value at the end of a line: exact at samples and at the end, linear between.</summary>
    public double At(int line)
    {
        if (line <= 0)
            return 0;
        if (line >= LastLine)
            return _last;
        var index = line / _stride;
        if (index >= _samples.Count)
            return _last;
        var below = _samples[index];
        var belowLine = index * _stride;
        var (above, aboveLine) = index + 1 < _samples.Count ? (_samples[index + 1], belowLine + _stride) : (_last, LastLine);
        return aboveLine <= belowLine ? below : below + ((above - below) * (line - belowLine) / (aboveLine - belowLine));
    }

    /// <summary>The sample at or before a line, and the line it belongs to.</summary>
    public (int Line, double Value) Before(int line)
    {
        var index = Math.Clamp(line / _stride, 0, _samples.Count - 1);
        return (index * _stride, _samples[index]);
    }

    private void Append(double value)
    {
        _samples.Add(value);
        if (_samples.Count >= Capacity)
        {
            for (var i = 1; i < (_samples.Count + 1) / 2; i++)
                _samples[i] = _samples[2 * i];
            _samples.RemoveRange((_samples.Count + 1) / 2, _samples.Count - ((_samples.Count + 1) / 2));
            _stride *= 2;
        }

        _nextLine = checked(_samples.Count * _stride);
    }
}
