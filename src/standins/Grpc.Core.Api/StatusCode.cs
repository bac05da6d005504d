namespace Grpc.Core;

/// <summary>The outcome of a call; the numbers are those of the gRPC wire (google.rpc.Code).</summary>
public enum StatusCode
{
    /// <summary>The call succeeded.</summary>
    OK = 0,

    /// <summary>The caller, typically, gave the call up.</summary>
    Cancelled = 1,

    /// <summary>An error that carries no better classification, such as an exception in a handler.</summary>
    Unknown = 2,

    /// <summary>An argument is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended; the work may still have been done.</summary>
    DeadlineExceeded = 4,

    /// <summary>The thing asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>The thing to create exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a message size limit or the disk is exhausted.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs; retrying does not help until that changes.</summary>
    FailedPrecondition = 9,

    /// <summary>A concurrency conflict; retry at a higher level.</summary>
    Aborted = 10,

    /// <summary>Past the end of a valid range.</summary>
    OutOfRange = 11,

    /// <summary>The server does not offer this method, or this feature of the protocol.</summary>
    Unimplemented = 12,

    /// <summary>A broken invariant, such as a malformed message frame.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or cannot serve now; retry with back-off.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt beyond recovery.</summary>
    DataLoss = 15,

    /// <summary>The caller gave no valid credentials.</summary>
    Unauthenticated = 16,
}
