// Marlin's host prompts: a question and buttons, put together from several lines. Source: Marlin feature/host_actions.cpp.

using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Puts <c>//action:prompt_…</c> lines together.</summary>
internal sealed class HostPrompt(EventOutbox events)
{
    private readonly List<string> _choices = [];
    private string _text = "";

    /// <summary>The question that is showing; null if none.</summary>
    public string? Showing { get; private set; }

    /// <summary>How many buttons it has.</summary>
    public int ChoiceCount => _choices.Count;

    /// <summary>Takes in an action, given without <c>//action:</c>.</summary>
    /// <returns>False if it is no prompt.</returns>
    public bool On(ReadOnlySpan<byte> action)
    {
        if (!action.StartsWith("prompt_"u8))
            return false;
        var blank = action.IndexOf((byte)' ');
        var verb = FirmwareText.Of(blank < 0 ? action : action[..blank]);
        var argument = blank < 0 ? "" : FirmwareText.Of(action[(blank + 1)..]);
        switch (verb)
        {
            case "prompt_begin":
                _text = argument;
                _choices.Clear();
                break;
            case "prompt_choice" or "prompt_button":
                _choices.Add(argument);
                break;
            case "prompt_show":
                Showing = _text.Length == 0 ? "The machine asks something." : _text;
                events.Add(new PromptRaised { At = events.Now, Text = Showing, Choices = [.. _choices] });
                break;
            case "prompt_end":
                Close();
                break;
        }

        return true;
    }

    /// <summary>The question no longer stands.</summary>
    public void Close()
    {
        if (Showing is null)
            return;
        Showing = null;
        events.Add(new PromptClosed { At = events.Now });
    }
}
