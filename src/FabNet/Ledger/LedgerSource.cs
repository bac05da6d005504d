// Where a command reads a ledger from: a coordinator, or a file that one exported.

using System.CommandLine;
using System.Runtime.CompilerServices;
using FabNet.Coordinator.Ledger;
using FabNet.Network;
using Grpc.Core;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Ledger;

/// <summary>The lines of a ledger.</summary>
internal sealed class LedgerSource(Option<string> server, Option<FileInfo?>? file = null)
{
    /// <summary>The option for a file.</summary>
    public static Option<FileInfo?> FileOption() => new("--file") { Description = "An exported ledger, in place of a server's." };

    /// <summary>Reads all lines, the head first.</summary>
    public async IAsyncEnumerable<byte[]> ReadAsync(ParseResult result, [EnumeratorCancellation] CancellationToken stop)
    {
        if (file is not null && result.GetValue(file) is { } path)
        {
            await using var stream = path.OpenRead();
            foreach (var line in LedgerLines.Of(stream))
            {
                yield return line;
            }

            yield break;
        }

        using var channel = result.Connect(server);
        using var call = new Wire.Ledger.LedgerClient(channel).ReadLedger(new Wire.ReadLedgerRequest(), cancellationToken: stop);
        await foreach (var line in call.ResponseStream.ReadAllAsync(stop))
        {
            yield return line.Line.ToByteArray();
        }
    }

    /// <summary>Reads and verifies all lines.</summary>
    /// <param name="result">The words of the command.</param>
    /// <param name="each">Told of every entry and its line.</param>
    /// <param name="stop">Ends the reading.</param>
    public async Task<LedgerVerifier> ReadVerifiedAsync(ParseResult result, Action<Model.Ledger.LedgerEntry, byte[]> each, CancellationToken stop)
    {
        var verifier = new LedgerVerifier();
        await foreach (var line in ReadAsync(result, stop))
        {
            if (verifier.Take(line) is { } entry)
            {
                each(entry, line);
            }
        }

        verifier.Finish();
        return verifier;
    }
}
