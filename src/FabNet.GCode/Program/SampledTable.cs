// A growing value per program line, kept as evenly spaced samples: every line up to the capacity, then every 2nd, 4th, 8th…

namespace FabNet.GCode.Program;

/// <summary>Samples of a value that never falls from line to line. Memory is bounded by the capacity, whatever the number of lines.</summary>
internal sealed class SampledTable
{
    private const int Capacity = 1 << 16;

    // Sample k belongs to line k × _stride; line 0 is the state before the first line. The value of LastLine itself is in _last.
    private readonly List<double> _samples = [0];
    private int _stride = 1;
    private int _nextLine = 1;
    private double _last;

    /// <summary>The last line that has a value.</summary>
    public int LastLine { get; private set; }

    /// <summary>Sets the value at the end of a line. A line may be set again until a later one is; lines between keep the value before.</summary>
    public void Set(int line, double value)
    {
        if (line > LastLine)
        {
            while (_nextLine < line)
                Append();
            LastLine = line;
        }

        if (value > _last)
            _last = value;
    }

    /// <summary>The value at the end of a line: exact at samples and at the end, linear between.</summary>
    public double At(int line)
    {
        if (line <= 0)
            return 0;
        if (line >= LastLine)
            return _last;
        var index = Math.Min(line / _stride, _samples.Count - 1);
        var (below, belowLine) = (_samples[index], index * _stride);
        var (above, aboveLine) = index + 1 < _samples.Count ? (_samples[index + 1], belowLine + _stride) : (_last, LastLine);
        return aboveLine <= belowLine ? below : below + ((above - below) * (line - belowLine) / (aboveLine - belowLine));
    }

    /// <summary>The sample at or before a line, and the line it belongs to.</summary>
    public (int Line, double Value) Before(int line)
    {
        var index = Math.Clamp(line / _stride, 0, _samples.Count - 1);
        return (index * _stride, _samples[index]);
    }

    private void Append()
    {
        _samples.Add(_last);
        if (_samples.Count > Capacity)
        {
            var half = (_samples.Count + 1) / 2;
            for (var i = 1; i < half; i++)
                _samples[i] = _samples[2 * i];
            _samples.RemoveRange(half, _samples.Count - half);
            _stride *= 2;
        }

        _nextLine = checked(_samples.Count * _stride);
    }
}
