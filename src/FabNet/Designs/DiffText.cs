// Two versions of a design side by side, for people and for programs.

using System.Globalization;
using System.Text.Json;
using FabNet.Catalogue.Designs;
using FabNet.CommandLine;
using FabNet.Model.Designs;

namespace FabNet.Designs;

internal static class DiffText
{
    private const int MostCharacters = 48;

    public static void Say(CommandConsole console, Design left, Design right, DesignDiff diff)
    {
        if (console.IsJson)
        {
            console.Emit(json => Write(json, left, right, diff));
            return;
        }

        var (leftName, rightName) = ($"{left.Ref} {left.Ref.Manifest.Short}", $"{right.Ref} {right.Ref.Manifest.Short}");
        if (diff.IsEmpty)
        {
            console.Say($"{leftName} and {rightName} say the same, with the same files.");
            return;
        }

        var fields = new TextTable("SAID", leftName, rightName);
        foreach (var change in diff.Fields)
        {
            fields.Add(change.Name, Short(change.Left), Short(change.Right));
        }

        var files = new TextTable("FILE", leftName, rightName);
        foreach (var change in diff.Files)
        {
            files.Add(change.Path, Text(change.Left), change.MovedFrom is { } from ? $"moved from {from}" : Text(change.Right));
        }

        var shapes = new TextTable("SHAPE", leftName, rightName, "CHANGE");
        foreach (var shape in diff.Shapes)
        {
            shapes.Add(shape.Part, Text(shape.Left), Text(shape.Right), Change(shape));
        }

        SayUnlessEmpty(console, fields, diff.Fields.Count);
        SayUnlessEmpty(console, files, diff.Files.Count);
        SayUnlessEmpty(console, shapes, diff.Shapes.Count);
    }

    private static void SayUnlessEmpty(CommandConsole console, TextTable table, int rows)
    {
        if (rows > 0)
        {
            console.Say(table);
            console.Say("");
        }
    }

    private static void Write(Utf8JsonWriter json, Design left, Design right, DesignDiff diff)
    {
        Write(json, "left", left);
        Write(json, "right", right);
        json.WriteBoolean("same", diff.IsEmpty);
        json.WriteStartArray("fields");
        foreach (var change in diff.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", change.Name);
            json.WriteString("left", change.Left);
            json.WriteString("right", change.Right);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var change in diff.Files)
        {
            json.WriteStartObject();
            json.WriteString("path", change.Path);
            Write(json, "left", change.Left);
            Write(json, "right", change.Right);
            json.WriteString("movedFrom", change.MovedFrom);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("shapes");
        foreach (var shape in diff.Shapes)
        {
            json.WriteStartObject();
            json.WriteString("part", shape.Part);
            json.WriteBoolean("changed", shape.IsChanged);
            Write(json, "left", shape.Left);
            Write(json, "right", shape.Right);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, Design design)
    {
        json.WriteStartObject(name);
        json.WriteString("name", design.Ref.Name);
        json.WriteString("version", design.Ref.Version);
        json.WriteString("manifestDigest", design.Ref.Manifest.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Artefact? file)
    {
        if (file is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("size", file.Size);
        json.WriteString("digest", file.Digest.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, DesignPart? part)
    {
        if (part is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        if (part.OuterDimensionsMm is { } size)
        {
            json.WriteNumber("widthMm", size.Width);
            json.WriteNumber("depthMm", size.Depth);
            json.WriteNumber("heightMm", size.Height);
        }

        if (part.VolumeMm3 is { } volume)
        {
            json.WriteNumber("volumeMm3", volume);
        }

        json.WriteEndObject();
    }

    private static string Text(Artefact? file) => file is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{file.Size} bytes  {file.Digest.Short}");

    private static string Text(DesignPart? part) => part is null ? "-"
        : (part.OuterDimensionsMm is { } d ? string.Create(CultureInfo.InvariantCulture, $"{d.Width:0.##} × {d.Depth:0.##} × {d.Height:0.##} mm") : "size unknown")
            + (part.VolumeMm3 is { } v ? string.Create(CultureInfo.InvariantCulture, $", {v / 1000:0.##} cm³") : "");

    private static string Change(ShapeChange shape) => shape switch
    {
        { IsChanged: false } => "none",
        { Left: null } => "new",
        { Right: null } => "gone",
        { Left.VolumeMm3: > 0 and var was, Right.VolumeMm3: { } becomes } => string.Create(CultureInfo.InvariantCulture, $"volume {(becomes / was * 100) - 100:+0.#;-0.#;0} %"),
        _ => "size",
    };

    private static string Short(string? text) => text is null ? "-" : text.ReplaceLineEndings(" ") is { Length: > MostCharacters } line ? line[..MostCharacters] + "…" : text.ReplaceLineEndings(" ");
}
