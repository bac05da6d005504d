// How far an upload or download is.

using FabNet.Catalogue.Client;
using FabNet.CommandLine;

namespace FabNet.Designs;

internal sealed class TransferLine(CommandConsole console) : IProgress<TransferProgress>, IDisposable
{
    private readonly StatusLine _line = new(console);

    public void Report(TransferProgress value) =>
        _line.Draw($"{StatusLine.Bar(value.BytesTotal == 0 ? 1 : (double)value.BytesDone / value.BytesTotal)}  {value.Path}");

    public void Dispose() => _line.Erase();
}
