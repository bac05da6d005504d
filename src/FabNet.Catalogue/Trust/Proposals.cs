// Forks' versions offered upstream, and what became of them.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>An offer.</summary>
/// <param name="Id">The proposal's id.</param>
/// <param name="By">Who offers.</param>
/// <param name="Proposal">What is offered, to what.</param>
/// <param name="Answer">The answer; null while there is none.</param>
internal sealed record OfferedChange(Digest Id, PublisherChain By, ProposalStatement Proposal, ProposalAnswerStatement? Answer);

/// <summary>Finds the offers that hold.</summary>
internal static class Proposals
{
    /// <summary>The offers to a version, by id. An answer counts from a publisher of that version; of several the one signed under the latest place of its chain, then the lowest id.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="statements">Proposals to it in any order; others do no harm.</param>
    /// <param name="answers">Finds the statements about a proposal.</param>
    /// <param name="publishersOf">Finds the publishers of a version.</param>
    /// <param name="publishers">Finds a publisher.</param>
    public static IReadOnlyList<OfferedChange> To(
        Digest manifest,
        IEnumerable<SignedStatement> statements,
        Func<Digest, IEnumerable<SignedStatement>> answers,
        Func<Digest, IEnumerable<PublisherChain>> publishersOf,
        Func<Digest, PublisherChain?> publishers)
    {
        var takers = publishersOf(manifest).ToList();
        var offers = new List<OfferedChange>();
        foreach (var said in statements.DistinctBy(s => s.Id).OrderBy(s => s.Id.Value, StringComparer.Ordinal))
        {
            if (said.Statement is ProposalStatement proposal && proposal.To == manifest && publishers(proposal.By.Publisher) is { } by && by.Counts(said)
                && publishersOf(proposal.From).Any(p => p.Identity == by.Identity))
            {
                var answer = answers(said.Id)
                    .Where(a => a.Statement is ProposalAnswerStatement given && given.Proposal == said.Id && takers.Exists(t => t.Counts(a)))
                    .OrderByDescending(a => ((ProposalAnswerStatement)a.Statement).By.Sequence).ThenBy(a => a.Id.Value, StringComparer.Ordinal)
                    .FirstOrDefault();
                offers.Add(new OfferedChange(said.Id, by, proposal, answer?.Statement as ProposalAnswerStatement));
            }
        }

        return offers;
    }
}
