// The end of a program on GRBL: every line proven taken, the machine at rest, zero where it was, everything off.

using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>One end of one program, from its last answer on. Owned by the session's loop.</summary>
/// <param name="streamer">What carried the program.</param>
/// <param name="unshift">What undoes the program's shifts of coordinates.</param>
internal sealed class GrblFinish(GrblStreamer streamer, IReadOnlyList<string> unshift)
{
    private const int Markers = 3;

    private int _markersLeft = Markers;
    private int _offOrdersLeft = Markers;
    private int _restingReports;
    private bool _isShifted = unshift.Count > 0;

    /// <summary>Why the run can't be called complete; null while it can.</summary>
    public string? Fault { get; private set; }

    /// <summary>A status report came.</summary>
    public void Note(GrblState state) => _restingReports = state == GrblState.Idle ? _restingReports + 1 : 0;

    /// <summary>Takes the next step, if there is one to take.</summary>
    /// <param name="modes">What <c>$G</c> told last.</param>
    /// <param name="isLate">True if the machine has stood still for so long that an answer which has not come was lost.</param>
    /// <returns>True once the machine is at rest and off.</returns>
    public bool Advance(string modes, bool isLate)
    {
        if (streamer.IsProving ? isLate : _markersLeft == Markers)
        {
            if (_markersLeft-- == 0)
            {
                Fault = "GRBL took the whole program, but does not answer whether it has taken every line";
                return false;
            }

            streamer.SubmitMarker();
        }

        if (streamer.IsProving)
        {
            _restingReports = 0;
            return false;
        }

        // A single Idle may stand between the last line's planning and its motion.
        if (_restingReports < 2)
            return false;
        if (_isShifted)
        {
            _isShifted = false;
            Order(unshift);
            return false;
        }

        if (GrblOperations.IsAllOff(modes))
            return true;
        // The program left the spindle or the coolant on, as the answer to the marker shows: nobody may come to switch it off. Another marker shows whether it is.
        if (_offOrdersLeft-- == 0)
        {
            Fault = "The program was executed, but GRBL does not switch off what it left on";
            return false;
        }

        Order(["M5M9"]);
        return false;
    }

    private void Order(IReadOnlyList<string> orders)
    {
        foreach (var order in orders)
            streamer.Submit(new Submission(order));
        streamer.SubmitMarker();
    }
}
