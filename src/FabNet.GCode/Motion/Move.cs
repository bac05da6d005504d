// One straight move, before planning.

namespace FabNet.GCode.Motion;

/// <summary>A straight move to plan. Distances in mm, signed.</summary>
/// <param name="X">Distance along X.</param>
/// <param name="Y">Distance along Y.</param>
/// <param name="Z">Distance along Z.</param>
/// <param name="E">Filament pushed (above 0) or drawn back.</param>
/// <param name="FeedMmPerS">The feed rate asked for, in mm/s along the path (along the filament, if nothing else moves); above 0.</param>
/// <param name="Line">The program line it belongs to; handed through.</param>
internal readonly record struct Move(double X, double Y, double Z, double E, double FeedMmPerS, int Line);
