// Finds what an SVG picture would do besides being a picture.

using System.Xml;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Reads an SVG as a stream of elements, without its document type, and says what in it is active: scripts, event handlers, foreign
/// content, addresses elsewhere. Source: SVG 1.1 §18 (scripting), §17 (linking). Nothing is drawn or fetched.
/// </summary>
internal static class SvgScan
{
    private static readonly string[] ActiveElements = ["script", "foreignObject", "iframe", "embed", "object", "handler", "listener"];

    /// <summary>What is active in it or wrong with it, as the end of a sentence that begins with the file's name; null for a mere picture.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static string? FindFault(Stream svg)
    {
        var settings = new XmlReaderSettings
        {
            // A document type is common in SVG and useless; entities, which could grow or fetch, are not resolved.
            DtdProcessing = DtdProcessing.Ignore,
            XmlResolver = null,
            MaxCharactersInDocument = 256L * 1024 * 1024,
            CloseInput = false,
        };
        try
        {
            using var reader = XmlReader.Create(svg, settings);
            while (reader.Read())
            {
                if (FindActive(reader) is { } active)
                {
                    return $"{active}{Place(reader)}. FabNet shows it nowhere as more than a picture; take that out, for others may open it.";
                }
            }

            return null;
        }
        catch (XmlException e)
        {
            return $"is not well-formed SVG: {e.Message}";
        }
    }

    private static string? FindActive(XmlReader reader)
    {
        if (reader.NodeType == XmlNodeType.ProcessingInstruction && reader.Name == "xml-stylesheet")
        {
            return "loads a style sheet";
        }

        if (reader.NodeType != XmlNodeType.Element)
        {
            return null;
        }

        if (ActiveElements.Contains(reader.LocalName, StringComparer.OrdinalIgnoreCase))
        {
            return $"holds a <{reader.LocalName}>";
        }

        for (var i = 0; i < reader.AttributeCount; i++)
        {
            reader.MoveToAttribute(i);
            var (name, value) = (reader.LocalName, string.Concat(reader.Value.Where(c => c > ' ')));
            if (name.StartsWith("on", StringComparison.OrdinalIgnoreCase))
            {
                return $"runs a script ({name})";
            }

            if (value.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
            {
                return $"runs a script ({name}=\"javascript:…\")";
            }

            if (name == "href" && reader.Value.Contains("://", StringComparison.Ordinal) && IsLoading(reader))
            {
                return "fetches from elsewhere";
            }
        }

        reader.MoveToElement();
        return null;
    }

    // A link that a person may click is no fetch.
    private static bool IsLoading(XmlReader reader)
    {
        reader.MoveToElement();
        return reader.LocalName is "image" or "use" or "feImage" or "link" or "style";
    }

    private static string Place(XmlReader reader) => reader is IXmlLineInfo { LineNumber: > 0 } at ? $" in line {at.LineNumber}" : "";
}
