// How far a publication or a pull is.

namespace FabNet.Catalogue.Client;

/// <summary>How far a transfer is. Reported after each chunk, by the loop that transfers.</summary>
/// <param name="Path">The file that is under way, as the design names it.</param>
/// <param name="BytesDone">Bytes of all files that are through, what was there before included.</param>
/// <param name="BytesTotal">Bytes of all files.</param>
public readonly record struct TransferProgress(string Path, long BytesDone, long BytesTotal);
