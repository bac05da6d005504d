namespace Grpc.Core.Wire;

/// <summary>The names and values of the protocol's own headers (gRPC over HTTP/2).</summary>
internal static class GrpcHeaders
{
    internal const string ContentType = "application/grpc";
    internal const string Status = "grpc-status";
    internal const string Message = "grpc-message";
    internal const string Timeout = "grpc-timeout";
    internal const string Encoding = "grpc-encoding";
    internal const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Whether a content type is gRPC: <c>application/grpc</c>, alone or followed by <c>+format</c> or parameters.</summary>
    internal static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>Whether a header belongs to the protocol and not to the application's metadata.</summary>
    internal static bool IsReserved(string name) =>
        name.Length == 0
        || name[0] == ':'
        || name.Equals("te", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-type", StringComparison.OrdinalIgnoreCase)
        || name.Equals(Status, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Message, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Timeout, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Encoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(AcceptEncoding, StringComparison.OrdinalIgnoreCase);

    /// <summary>The value of an entry as it travels: text as it is, bytes as base64.</summary>
    internal static string ToWire(Metadata.Entry entry) => entry.IsBinary ? Convert.ToBase64String(entry.Bytes) : entry.Value;

    /// <summary>
    /// Adds a received header to metadata. Several binary values may come as one, with commas between; padding of base64 is optional.
    /// A header that is not valid metadata (a name outside the alphabet, bad base64) is left out: it cannot be represented.
    /// </summary>
    internal static void AddTo(Metadata metadata, string name, string value)
    {
        if (!IsValidName(name))
        {
            return;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(new Metadata.Entry(name, value));
            return;
        }

        foreach (var range in value.AsSpan().Split(','))
        {
            if (FromBase64(value.AsSpan(range).Trim()) is { } bytes)
            {
                metadata.Add(new Metadata.Entry(name, bytes));
            }
        }
    }

    private static byte[]? FromBase64(ReadOnlySpan<char> text)
    {
        var padding = (4 - (text.Length % 4)) % 4;
        Span<char> padded = text.Length <= 1024 ? stackalloc char[text.Length + padding] : new char[text.Length + padding];
        text.CopyTo(padded);
        padded[text.Length..].Fill('=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64Chars(padded, bytes, out var written) ? bytes[..written] : null;
    }

    private static bool IsValidName(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return name.Length > 0;
    }
}
