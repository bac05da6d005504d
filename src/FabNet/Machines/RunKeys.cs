// What a person may type while a program runs.

using System.Globalization;
using FabNet.CommandLine;
using FabNet.FirmwareBridge;

namespace FabNet.Machines;

/// <summary>Reads lines from a terminal in the background, for as long as it lives, and passes them to the session.</summary>
internal sealed class RunKeys : IDisposable
{
    private readonly CommandConsole _console;
    private readonly IMachineSession _session;
    private volatile bool _isOver;

    public RunKeys(CommandConsole console, IMachineSession session)
    {
        (_console, _session) = (console, session);
        if (console.IsInteractive && !Console.IsInputRedirected)
        {
            // A background thread: a blocking read of the terminal can't be cancelled, and must not keep the program alive.
            new Thread(Read) { IsBackground = true, Name = "keys" }.Start();
        }
    }

    public void Dispose() => _isOver = true;

    private void Read()
    {
        while (!_isOver && Console.In.ReadLine() is { } line)
        {
            if (!_isOver)
            {
                ObeyAsync(line.Trim()).GetAwaiter().GetResult();
            }
        }
    }

    private async Task ObeyAsync(string word)
    {
        try
        {
            var refusal = word switch
            {
                "p" => await _session.PauseAsync(),
                "r" => await _session.ResumeAsync(),
                "!" => await StopAsync(),
                _ when int.TryParse(word, CultureInfo.InvariantCulture, out var choice) => await _session.AnswerAsync(choice),
                "" => null,
                _ => "type p to pause, r to resume, a number to answer, ! for an emergency stop, and Enter",
            };
            if (refusal is not null)
            {
                _console.Say(refusal);
            }
        }
        catch (MachineLinkException e)
        {
            _console.Say(e.Message);
        }
    }

    private async Task<string?> StopAsync()
    {
        await _session.EmergencyStopAsync();
        return "emergency stop sent";
    }
}
