// The options of every command that searches: how long, how many at once, from which seed.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Planning.Search;

namespace FabNet.Plans;

/// <summary>--time, --threads and --seed.</summary>
internal sealed class SearchBudget
{
    private readonly Option<string> _time = new("--time") { Description = "How long to search, such as 500ms, 1s or 2m.", DefaultValueFactory = static _ => "1s" };
    private readonly Option<int> _seed = new("--seed") { Description = "What the random choices start from.", DefaultValueFactory = static _ => 1 };
    private readonly Option<int> _threads = new("--threads") { Description = "Independent searches at once.", DefaultValueFactory = static _ => Environment.ProcessorCount };

    public void AddTo(Command command)
    {
        command.Add(_time);
        command.Add(_seed);
        command.Add(_threads);
    }

    /// <summary>What was asked for; each call makes options that begin when they are first asked for progress.</summary>
    /// <exception cref="UsageException">An option is not of its form.</exception>
    public Func<SearchOptions> Of(ParseResult result)
    {
        var limit = Span(result.GetRequiredValue(_time));
        var chains = result.GetValue(_threads) is var count and >= 1 and <= 1024 ? count : throw new UsageException("--threads is from 1 to 1024.");
        var seed = (ulong)result.GetValue(_seed);
        return () => new SearchOptions { Progress = Within(limit, TimeProvider.System), Chains = chains, Seed = seed };
    }

    /// <summary>The same for a part of the time.</summary>
    public static SearchOptions Part(SearchOptions options, TimeSpan limit) => options with { Progress = Within(limit, TimeProvider.System) };

    /// <summary>The time that was asked for.</summary>
    public TimeSpan TimeOf(ParseResult result) => Span(result.GetRequiredValue(_time));

    private static Func<long, double> Within(TimeSpan limit, TimeProvider time)
    {
        var start = time.GetTimestamp();
        return _ => time.GetElapsedTime(start) / limit;
    }

    private static TimeSpan Span(string text)
    {
        var digits = text.TrimEnd('m', 's');
        double? unit = text[digits.Length..] switch { "ms" => 0.001, "s" => 1, "m" => 60, _ => null };
        return unit is { } seconds && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * seconds is > 0 and <= 86_400
            ? TimeSpan.FromSeconds(value * seconds)
            : throw new UsageException($"--time is like 500ms, 1s or 2m, and '{text}' is not.");
    }
}
