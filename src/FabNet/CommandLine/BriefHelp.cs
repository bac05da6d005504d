// Help for groups of commands: one sentence for each command; its examples stand in its own help.

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;

namespace FabNet.CommandLine;

/// <summary>The usual help, in which the listed commands keep only their first sentence. The program ends after it, so nothing else reads the shortened ones.</summary>
internal sealed partial class BriefHelp(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
{
    /// <summary>Help is given whatever else is wrong or missing in the words.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>Makes it the help of a whole tree of commands.</summary>
    public static void Use(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new BriefHelp((SynchronousCommandLineAction)help.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        foreach (var command in parseResult.CommandResult.Command.Subcommands)
        {
            command.Description = FirstSentence().Match(command.Description ?? "").Value.ReplaceLineEndings(" ");
        }

        return usual.Invoke(parseResult);
    }

    // Up to a full stop with white space behind it, or to the end of the paragraph.
    [GeneratedRegex(@"\A.*?(?:\.(?=\s|\z)|(?=\r?\n\s*\r?\n)|\z)", RegexOptions.Singleline)]
    private static partial Regex FirstSentence();
}
