// The words of a published instance, one after the other, with clear errors about where it is not one.

using System.Globalization;
using System.IO.Compression;

namespace FabNet.Plans;

/// <summary>Words are separated by blanks, line ends or semicolons; lines that begin with # are passed over. A file that ends in <c>.gz</c> is unpacked.</summary>
internal sealed class InstanceText
{
    private const int MostItems = 100_000;

    // Sums of all times are whole numbers of 32 bits; tables of set-ups are kept whole.
    private const int GreatestTime = 1_000_000_000;
    private const double GreatestNumber = 1e12;
    private const long MostSetUps = 200_000_000;

    private readonly string _name;
    private readonly TextReader _reader;
    private string[] _words = [];
    private int _next;
    private int _line;

    private InstanceText(string name, TextReader reader) => (_name, _reader) = (name, reader);

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static T Read<T>(string path, Func<InstanceText, T> read)
    {
        using var file = File.OpenRead(path);
        using var plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var reader = new StreamReader(plain);
        var text = new InstanceText(Path.GetFileName(path), reader);
        try
        {
            return read(text);
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"{text._name} is damaged: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"{text._name}: {e.Message}", e);
        }
    }

    /// <summary>How many of something follow: up to 100,000; nothing is reserved for more.</summary>
    public int Count(string what, int least = 1) => Whole(what) is var count && count >= least && count <= MostItems ? count : throw Wrong($"there are to be {least} to {MostItems} {what}");

    public int Whole(string what)
    {
        var word = Word(what);
        return int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong($"'{word}' is no whole number ({what})");
    }

    /// <summary>A whole number from 0 to a thousand million.</summary>
    public int Time(string what) => Whole(what) is var time and >= 0 and <= GreatestTime ? time : throw Wrong($"{what} is to be from 0 to {GreatestTime}");

    /// <summary>A number from 0 to a million million.</summary>
    public double Number(string what)
    {
        var word = Word(what);
        var isNumber = double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
        return !isNumber ? throw Wrong($"'{word}' is no number ({what})") : value is >= 0 and <= GreatestNumber ? value : throw Wrong($"'{word}' is to be from 0 to {GreatestNumber:0} ({what})");
    }

    /// <summary>Refuses tables of set-ups that are too large to be kept.</summary>
    public void CheckSetUps(int jobs, int machines)
    {
        if ((long)jobs * jobs * machines > MostSetUps)
        {
            throw Wrong($"{jobs} jobs on {machines} machines have more set-ups than can be read here ({MostSetUps})");
        }
    }

    public void Expect(string word)
    {
        if (Word(word) is var found && found != word)
        {
            throw Wrong($"'{word}' is expected and '{found}' is there");
        }
    }

    public void Skip() => Word("a word");

    public FormatException Wrong(string what) => new($"{_name}, line {_line}: {what}.");

    private string Word(string what)
    {
        while (_next == _words.Length)
        {
            var line = _reader.ReadLine() ?? throw Wrong($"the file ends where {what} is expected");
            _line++;
            _words = line.StartsWith('#') ? [] : line.Split([' ', '\t', ';', '\r'], StringSplitOptions.RemoveEmptyEntries);
            _next = 0;
        }

        return _words[_next++];
    }
}
