// How far an upload or download is: one line that is redrawn on a terminal, nothing in a pipe.

using FabNet.Catalogue.Client;
using FabNet.CommandLine;

namespace FabNet.Designs;

internal sealed class TransferLine(CommandConsole console) : IProgress<TransferProgress>, IDisposable
{
    private int _drawn;

    public void Report(TransferProgress value)
    {
        if (!console.IsInteractive)
        {
            return;
        }

        var share = value.BytesTotal == 0 ? 1 : (double)value.BytesDone / value.BytesTotal;
        var line = $"{share,5:0 %}  {value.Path}";
        Console.Out.Write('\r' + line.PadRight(_drawn));
        _drawn = line.Length;
    }

    public void Dispose()
    {
        if (_drawn > 0)
        {
            Console.Out.Write('\r' + new string(' ', _drawn) + '\r');
        }
    }
}
