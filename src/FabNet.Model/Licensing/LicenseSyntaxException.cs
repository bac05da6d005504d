// A text is no licence expression, and where it stops being one.

namespace FabNet.Model.Licensing;

/// <summary>A text is not an SPDX licence expression. The message quotes the place, and says what would be right.</summary>
public sealed class LicenseSyntaxException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and what to write.</param>
    /// <param name="column">The character at which it is wrong, counted from 1.</param>
    public LicenseSyntaxException(string message, int column)
        : base($"{message} (column {column})") => Column = column;

    /// <summary>The character at which it is wrong, counted from 1.</summary>
    public int Column { get; }
}
