// How times are written for people.

namespace FabNet.CommandLine;

internal static class Durations
{
    /// <summary>Seconds as <c>42 s</c>, <c>7 min 05 s</c> or <c>2 h 13 min</c>.</summary>
    public static string Text(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(Math.Round(seconds), 0, 1e9));
        return time.TotalSeconds < 60 ? $"{time.TotalSeconds:0} s"
            : time.TotalMinutes < 60 ? $"{time.Minutes} min {time.Seconds:00} s"
            : $"{(int)time.TotalHours} h {time.Minutes:00} min";
    }
}
