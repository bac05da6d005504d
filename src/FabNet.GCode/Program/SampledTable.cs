// A growing value per program line, kept as evenly spaced samples: where the capacity is used up, every second one is dropped.

using System.Runtime.CompilerServices;

namespace FabNet.GCode.Program;

/// <summary>Samples of a value that never falls from line to line. Memory is bounded by the capacity, whatever the number of lines.</summary>
internal sealed class SampledTable
{
    private const int Capacity = 1 << 16;
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;

    // Sample k belongs to line k × _stride; line 0 is the state before the first line. The value of LastLine itself is in _last.
    // In small pages: one growing array would be copied again and again, and land among the large objects, whose collection costs more than all of admission.
    private readonly List<double[]> _pages = [new double[PageSize]];

    // The page that the next sample goes to.
    private double[] _page;
    private int _count = 1;
    private int _stride;
    private int _nextLine;
    private double _last;

    /// <param name="stride">How many lines there are from one sample to the next, at first: 1 keeps every line's value, as long as there is room.</param>
    public SampledTable(int stride = 1)
    {
        _page = _pages[0];
        _stride = _nextLine = stride;
    }

    /// <summary>The last line that has a value.</summary>
    public int LastLine { get; private set; }

    /// <summary>Sets the value at the end of a line. A line may be set again until a later one is; lines between keep the value before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        var index = Math.Min(line / _stride, _count - 1);
        var (below, belowLine) = (Sample(index), index * _stride);
        var (above, aboveLine) = index + 1 < _count ? (Sample(index + 1), belowLine + _stride) : (_last, LastLine);
        return aboveLine <= belowLine ? below : below + ((above - below) * (line - belowLine) / (aboveLine - belowLine));
    }

    /// <summary>The sample at or before a line, and the line it belongs to.</summary>
    public (int Line, double Value) Before(int line)
    {
        var index = Math.Clamp(line / _stride, 0, _count - 1);
        return (index * _stride, Sample(index));
    }

    private ref double Sample(int index) => ref _pages[index >> PageBits][index & (PageSize - 1)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append()
    {
        var place = _count & (PageSize - 1);
        if (place == 0)
            TurnPage();
        _page[place] = _last;
        _count++;
        _nextLine = checked(_nextLine + _stride);
        if (_count > Capacity)
            Thin();
    }

    private void TurnPage()
    {
        var index = _count >> PageBits;
        if (index == _pages.Count)
            _pages.Add(new double[PageSize]);
        _page = _pages[index];
    }

    /// <summary>Drops every second sample.</summary>
    private void Thin()
    {
        var half = (_count + 1) / 2;
        for (var i = 1; i < half; i++)
            Sample(i) = Sample(2 * i);
        _count = half;
        _stride = checked(_stride * 2);
        _nextLine = checked(_count * _stride);
        _page = _pages[_count >> PageBits];
    }
}
