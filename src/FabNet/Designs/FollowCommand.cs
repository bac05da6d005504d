// `fabnet catalogue follow`: which other catalogues a catalogue keeps up with.

using System.CommandLine;
using System.Globalization;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Protocol.V1;
using Google.Protobuf.Collections;

namespace FabNet.Designs;

internal static class FollowCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var address = new Argument<string?>("ADDRESS") { Description = "The other catalogue, such as http://127.0.0.1:7301.", Arity = ArgumentArity.ZeroOrOne };
        var scope = new ScopeOptions();
        var noBlobs = new Option<bool>("--no-blobs") { Description = "Keep what is said, and pull a file only when somebody asks for it." };
        var list = new Option<bool>("--list") { Description = "List what is followed, how far, and why not further." };
        var stop = new Option<bool>("--stop") { Description = "Stop following the address, or the part of it that is named. What came stays." };
        var command = new Command("follow",
            """
            Has a catalogue follow another one: all of it, or a publisher, a collection or what a search finds. It pulls what is signed
            there and verifies it, files too, keeps up with it, and serves it on. Kept until it is stopped.

            Examples:
              fabnet catalogue follow http://127.0.0.1:7302
              fabnet catalogue follow http://127.0.0.1:7302 --collection carol/safe-tools --no-blobs
              fabnet catalogue follow http://127.0.0.1:7302 --query lamp --material PETG
              fabnet catalogue follow --list
              fabnet catalogue follow --stop http://127.0.0.1:7302
            """)
        { address, noBlobs, list, stop, server };
        scope.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var (other, part) = (result.GetValue(address), scope.Scope(result));
            if (result.GetValue(list))
            {
                Say(console, (await client.Federation.ListFollowedAsync(new ListFollowedRequest(), cancellationToken: cancel)).Followed);
            }
            else if (other is null)
            {
                throw new UsageException("Name the catalogue to follow, such as http://127.0.0.1:7302, or say --list.");
            }
            else if (result.GetValue(stop))
            {
                var request = new UnfollowRequest { Address = other, Scope = part.PartCase is FollowScope.PartOneofCase.None ? null : part };
                var ended = (await client.Federation.UnfollowAsync(request, cancellationToken: cancel)).Followed;
                ended.ToList().ForEach(console.Emit);
                console.Say(string.Join('\n', ended.Select(f => $"follows {f.Address} ({ScopeOptions.Describe(f.Scope)}) no more; what came stays")));
            }
            else
            {
                var followed = await client.Federation.FollowAsync(new FollowRequest { Address = other, Scope = part, NoBlobs = result.GetValue(noBlobs) }, cancellationToken: cancel);
                console.Emit(followed);
                console.Say($"follows {followed.Address} ({ScopeOptions.Describe(followed.Scope)}){(followed.NoBlobs ? ", files when they are asked for" : "")}; how far: fabnet catalogue follow --list");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Say(CommandConsole console, RepeatedField<Followed> followed)
    {
        foreach (var one in followed)
        {
            console.Emit(one);
        }

        var table = new TextTable("ADDRESS", "PART", "AT", "OF", "TOOK", "WAIT", "REFUSED", "FILES", "STATE");
        foreach (var f in followed)
        {
            table.Add(
                f.Address, ScopeOptions.Describe(f.Scope), Number(f.Cursor), Number(f.Head), Number(f.Taken), Number(f.Waiting), Number(f.Refused),
                f.NoBlobs ? "on demand" : f.SyncedAt is null ? "-" : f.MissingBlobs == 0 ? "all here" : $"{f.MissingBlobs} to come",
                f.HasFault ? $"again at {Time(f.RetryAt)}" : f.SyncedAt is null ? "begins" : $"up to date {Time(f.SyncedAt)}");
        }

        console.Say(followed.Count == 0 ? "This catalogue follows no other. Begin with: fabnet catalogue follow ADDRESS" : table.ToString().TrimEnd());
        foreach (var f in followed)
        {
            if (f.HasFault)
            {
                console.Say($"{f.Address} ({ScopeOptions.Describe(f.Scope)}): {f.Fault}");
            }

            foreach (var reason in f.LeftOut)
            {
                console.Say($"{f.Address}: not kept: {reason}");
            }
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(Google.Protobuf.WellKnownTypes.Timestamp at) => at.ToDateTimeOffset().ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
