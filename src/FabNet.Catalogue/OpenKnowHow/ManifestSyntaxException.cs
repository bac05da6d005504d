// How the manifest readers say no: with the line.

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>A manifest is not TOML, or not YAML, or over a limit. The message says what is wrong and where.</summary>
public sealed class ManifestSyntaxException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="line">The line, counted from 1.</param>
    /// <param name="column">The column, counted from 1 in UTF-16 units.</param>
    /// <param name="fault">What is wrong, as a sentence.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public ManifestSyntaxException(int line, int column, string fault, Exception? inner = null)
        : base($"line {line}, column {column}: {string.Concat(fault.Where(c => !char.IsControl(c)))}", inner)
    {
        Line = line;
        Column = column;
    }

    /// <summary>The line, counted from 1.</summary>
    public int Line { get; }

    /// <summary>The column, counted from 1 in UTF-16 units.</summary>
    public int Column { get; }
}
