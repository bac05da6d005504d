// Statements to and from a catalogue, and what it says that holds.

using System.Runtime.CompilerServices;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Polly;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue.Client;

/// <summary>Puts statements and asks about them. Calls that the catalogue refuses throw <see cref="RpcException"/>, whose status detail is a sentence for people. Thread safe.</summary>
public sealed class StatementClient
{
    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly ResiliencePipeline _retry;

    internal StatementClient(DesignCatalogue.DesignCatalogueClient client, ResiliencePipeline retry) => (_client, _retry) = (client, retry);

    /// <summary>Puts a statement; putting it again changes nothing.</summary>
    public Task<PutStatementReply> PutAsync(Envelope envelope, CancellationToken cancellationToken = default) => PutAsync(envelope, PutMode.Say, cancellationToken);

    /// <summary>Puts a statement as its author, or as one that another node took; or has it judged.</summary>
    public async Task<PutStatementReply> PutAsync(Envelope envelope, PutMode mode, CancellationToken cancellationToken = default)
    {
        var request = new PutStatementRequest { Envelope = envelope.ToWire(), Mode = mode };
        return await _retry.ExecuteAsync(async ct => await _client.PutStatementAsync(request, cancellationToken: ct), cancellationToken);
    }

    /// <summary>Signs a statement and puts it, after what the catalogue lacks of its publisher's chain.</summary>
    public async Task<PutStatementReply> PutAsync(PublisherFolder publisher, Statement statement, CancellationToken cancellationToken = default)
    {
        await PutChainAsync(publisher, cancellationToken);
        return await PutAsync(publisher.Sign(statement), cancellationToken);
    }

    /// <summary>Puts a publisher's chain.</summary>
    public async Task PutChainAsync(PublisherFolder publisher, CancellationToken cancellationToken = default)
    {
        foreach (var envelope in publisher.Chain)
        {
            await PutAsync(envelope, cancellationToken);
        }
    }

    /// <summary>What holds about a version, as the catalogue says.</summary>
    public async Task<DesignReport> ReportAsync(Digest manifest, CancellationToken cancellationToken = default) =>
        await _retry.ExecuteAsync(async ct => await _client.GetReportAsync(new GetReportRequest { ManifestDigest = manifest.Value }, cancellationToken: ct), cancellationToken);

    /// <summary>A publisher, by name.</summary>
    public Task<Publisher> PublisherAsync(string name, CancellationToken cancellationToken = default) => PublisherAsync(new GetPublisherRequest { Name = name }, cancellationToken);

    /// <summary>A collection; with a manifest, the sequence of the next verdict on it.</summary>
    public async Task<Collection> CollectionAsync(string owner, string name, Digest? subject = null, CancellationToken cancellationToken = default)
    {
        var request = new GetCollectionRequest { Owner = owner, Name = name };
        if (subject is { } manifest)
        {
            request.Subject = manifest.Value;
        }

        return await _retry.ExecuteAsync(async ct => await _client.GetCollectionAsync(request, cancellationToken: ct), cancellationToken);
    }

    /// <summary>Says as the publisher of a design that a claim on it is settled: paid, given otherwise, or forgone.</summary>
    /// <returns>The statement's place; null if the catalogue has no such open claim.</returns>
    public async Task<PutStatementReply?> SettleAsync(PublisherFolder publisher, Digest claim, CancellationToken cancellationToken = default)
    {
        await foreach (var logged in LogAsync(0, [StatementKinds.Claim], cancellationToken))
        {
            if (logged.Envelope.ToModel() is { } envelope && envelope.Id == claim && StatementFormat.Read(envelope) is ClaimStatement { Settles: null } open)
            {
                // Said twice it is one statement: its nonce is the claim's own.
                return await PutAsync(publisher, open with { By = publisher.Author, Settles = claim }, cancellationToken);
            }
        }

        return null;
    }

    /// <summary>The catalogue's log of statements from a cursor to its end.</summary>
    /// <param name="after">The cursor after which to begin; 0 for the beginning.</param>
    /// <param name="kinds">Kinds; none for all.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async IAsyncEnumerable<LoggedStatement> LogAsync(long after, IReadOnlyCollection<string> kinds, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var isEnd = false; !isEnd;)
        {
            var request = new ListStatementsRequest { After = after };
            request.Kinds.AddRange(kinds);
            var reply = await _retry.ExecuteAsync(async ct => await _client.ListStatementsAsync(request, cancellationToken: ct), cancellationToken);
            foreach (var statement in reply.Statements)
            {
                yield return statement;
            }

            // A log that stands still without an end would be asked for ever.
            isEnd = reply.End || reply.Cursor <= after;
            after = reply.Cursor;
        }
    }

    /// <summary>Checks who published a design, against their own statements.</summary>
    internal async Task<VerifiedDesign> VerifyAsync(Model.Designs.Design design, Envelope? envelope, CancellationToken cancellationToken)
    {
        var chains = new List<Envelope>();
        foreach (var key in envelope?.Signatures.Select(s => s.Key) ?? [])
        {
            try
            {
                chains.AddRange((await PublisherAsync(new GetPublisherRequest { KeyId = key.Value }, cancellationToken)).Chain.Select(e => e.ToModel()));
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
            {
                // A signature by a key of nobody says nothing; that nobody published the design is what is found then.
            }
            catch (FormatException e)
            {
                throw new TamperedException($"The catalogue's chain of the key {key.Short} can't be read: {e.Message}", e);
            }
        }

        return VerifiedDesign.Of(design, envelope, chains);
    }

    private async Task<Publisher> PublisherAsync(GetPublisherRequest request, CancellationToken cancellationToken) =>
        await _retry.ExecuteAsync(async ct => await _client.GetPublisherAsync(request, cancellationToken: ct), cancellationToken);
}
