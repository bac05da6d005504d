// The words of a design, and how well they answer a query.

using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.Search;

/// <summary>The words of one design, each with the weight of the most telling field that it stands in.</summary>
internal sealed class DesignWords
{
    private const int NameWeight = 40;

    private const int TitleWeight = 30;

    private const int PartWeight = 12;

    private const int MaterialWeight = 8;

    private const int FunctionWeight = 4;

    /// <summary>A whole word tells more than the beginning of one.</summary>
    private const int WholeWordFactor = 2;

    private readonly Dictionary<string, int> _weights = new(StringComparer.Ordinal);

    private DesignWords()
    {
    }

    /// <summary>No words.</summary>
    public static DesignWords None { get; } = new();

    /// <summary>The words of a design: its name, title, function, parts, processes and materials.</summary>
    public static DesignWords Of(Design design)
    {
        var words = new DesignWords();
        words.Add(design.Ref.Name, NameWeight);
        words.Add(design.Title, TitleWeight);
        words.Add(design.Function, FunctionWeight);
        foreach (var part in design.Parts)
        {
            words.Add(part.Name, PartWeight);
            words.Add(part.Material, MaterialWeight);
            words.Add(part.Process.ToTsdc(), MaterialWeight);
            foreach (var artefact in part.Artefacts)
            {
                words.Add(artefact.MachineClass, MaterialWeight);
                words.Add(artefact.Material, MaterialWeight);
            }
        }

        return words;
    }

    /// <summary>How well the words answer a query: the sum over its words; 0 for an empty query; null if a word is not there.</summary>
    public int? Score(SearchQuery query)
    {
        var sum = 0;
        foreach (var word in query.Words)
        {
            var best = _weights.GetValueOrDefault(word) * WholeWordFactor;
            if (best == 0)
            {
                foreach (var (own, weight) in _weights)
                {
                    best = weight > best && own.StartsWith(word, StringComparison.Ordinal) ? weight : best;
                }
            }

            if (best == 0)
            {
                return null;
            }

            sum += best;
        }

        return sum;
    }

    private void Add(string? text, int weight)
    {
        foreach (var word in SearchQuery.Split(text ?? ""))
        {
            _weights[word] = Math.Max(weight, _weights.GetValueOrDefault(word));
        }
    }
}
