// A configuration that can't be used, with every problem found in it.

namespace FabNet.Edge.Configuration;

/// <summary>A configuration file can't be used. The message holds one line for each problem, as <c>file:line: what is wrong and what to write</c>.</summary>
public sealed class EdgeConfigException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">The problems, each with file and line.</param>
    public EdgeConfigException(IReadOnlyList<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>The problems, in the order of the file.</summary>
    public IReadOnlyList<string> Problems { get; }
}
