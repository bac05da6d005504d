// What the command line asks for.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FabNet.Benchmarks;

internal sealed record BenchmarkOptions
{
    private static readonly string[] Names = ["streaming", "wire", "smoothness", "fleet", "grpc", "gcode", "catalogue", "federation", "ledger", "replan", "coordination", "all"];

    public string Name { get; init; } = "all";

    public int Repeat { get; init; } = 3;

    /// <summary>Seconds of a timed figure; null for each benchmark's own default.</summary>
    public double? Seconds { get; init; }

    public int Lines { get; init; } = int.MaxValue;

    public int Designs { get; init; } = 1_000_000;

    public int Orders { get; init; } = 1_000;

    public bool WantsHelp { get; init; }

    public bool Includes(string name) => Name == "all" || Name == name;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchmarkOptions? options, out string problem)
    {
        var result = new BenchmarkOptions();
        options = null;
        problem = "";
        for (var index = 0; index < args.Length; index++)
        {
            var arg = args[index];
            if (arg is "--help" or "-h")
            {
                result = result with { WantsHelp = true };
            }
            else if (Array.IndexOf(Names, arg) >= 0)
            {
                result = result with { Name = arg };
            }
            else if (arg is "--repeat" or "--seconds" or "--lines" or "--designs" or "--orders")
            {
                if (index + 1 >= args.Length || !double.TryParse(args[++index], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value is not (>= 1 and <= 1e9))
                {
                    problem = $"{arg} wants a number from 1.";
                    return false;
                }

                result = arg switch
                {
                    "--repeat" => result with { Repeat = (int)value },
                    "--seconds" => result with { Seconds = value },
                    "--orders" => result with { Orders = (int)value },
                    "--designs" => result with { Designs = (int)value },
                    _ => result with { Lines = (int)value },
                };
            }
            else
            {
                problem = $"'{arg}' is none of {string.Join(", ", Names)}.";
                return false;
            }
        }

        options = result;
        return true;
    }
}
