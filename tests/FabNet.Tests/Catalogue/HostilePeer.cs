// A node that is followed and lies, in every way that the protocol leaves open.

using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using StatementEnvelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

public sealed class HostilePeer : DesignCatalogue.DesignCatalogueBase
{
    /// <summary>What it answers when it is asked for its log.</summary>
    public Func<ListStatementsRequest, ListStatementsReply> Log { get; set; } = _ => new ListStatementsReply { End = true };

    /// <summary>What it sends for a file, chunk after chunk.</summary>
    public Func<GetBlobRequest, IEnumerable<GetBlobReply>> Blob { get; set; } = _ => [];

    /// <summary>Packs its log with gzip.</summary>
    public bool IsZipped { get; set; }

    /// <summary>How often it was asked for its log.</summary>
    public int Asked { get; private set; }

    public static ListStatementsReply Page(IEnumerable<byte[]> envelopes, long after = 0, bool isEnd = true)
    {
        var reply = new ListStatementsReply { Cursor = after, End = isEnd };
        foreach (var envelope in envelopes)
        {
            reply.Statements.Add(new LoggedStatement { Cursor = ++reply.Cursor, Envelope = Envelope.Parser.ParseFrom(envelope) });
        }

        reply.Head = reply.Cursor;
        return reply;
    }

    public static byte[] Bytes(StatementEnvelope envelope) => envelope.ToWire().ToByteArray();

    /// <summary>Answers only when this is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Done when it was asked for its log for the first time.</summary>
    public TaskCompletionSource IsAsked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override async Task<ListStatementsReply> ListStatements(ListStatementsRequest request, ServerCallContext context)
    {
        Asked++;
        IsAsked.TrySetResult();
        await Gate.WaitAsync(context.CancellationToken);
        if (IsZipped)
        {
            await context.WriteResponseHeadersAsync(new() { { "grpc-internal-encoding-request", "gzip" } });
        }

        return Log(request);
    }

    /// <summary>How often it was asked what holds.</summary>
    public int Reports { get; private set; }

    public override Task<DesignReport> GetReport(GetReportRequest request, ServerCallContext context)
    {
        Reports++;
        return Task.FromResult(new DesignReport { StopReason = $"report {Reports}" });
    }

    public override async Task GetBlob(GetBlobRequest request, IServerStreamWriter<GetBlobReply> responseStream, ServerCallContext context)
    {
        foreach (var chunk in Blob(request))
        {
            await responseStream.WriteAsync(chunk, context.CancellationToken);
        }
    }
}
