// A problem that can't be scheduled as it is written.

namespace FabNet.Planning.Scheduling;

/// <summary>A problem breaks a rule; the message says where, what, and what would do.</summary>
public sealed class ProblemException : FormatException
{
    /// <summary>Creates it without a message.</summary>
    public ProblemException()
    {
    }

    /// <summary>Creates it.</summary>
    /// <param name="message">Where, what, and what would do.</param>
    public ProblemException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it.</summary>
    /// <param name="message">Where, what, and what would do.</param>
    /// <param name="innerException">Its cause.</param>
    public ProblemException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
