// As whom a command signs.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Protocol.Statements;

namespace FabNet.Designs;

internal static class PublisherOption
{
    public static Option<string?> Create() => new("--as") { Description = "The publisher that signs: a namespace that 'fabnet key create' made here. Needed only where there are several." };

    /// <summary>The publisher that the option names, or the only one that there is.</summary>
    /// <exception cref="CommandFailedException">There is none, or several.</exception>
    public static PublisherFolder OpenPublisher(this ParseResult parsed, Option<string?> option) => Open(PublisherFolder.DefaultConfiguration, parsed.GetValue(option));

    /// <summary>The publisher of a name, or the only one that a configuration has.</summary>
    /// <exception cref="CommandFailedException">There is none, or several.</exception>
    public static PublisherFolder Open(string configuration, string? name) => (name, PublisherFolder.Names(configuration)) switch
    {
        ({ } wanted, _) => PublisherFolder.Open(configuration, wanted),
        (null, [var only]) => PublisherFolder.Open(configuration, only),
        (null, []) => throw new CommandFailedException("What is published is signed, and there is no key here yet. Make one with: fabnet key create NAME"),
        (null, var names) => throw new CommandFailedException($"There are several publishers here: {string.Join(", ", names)}. Say which with --as."),
    };
}
