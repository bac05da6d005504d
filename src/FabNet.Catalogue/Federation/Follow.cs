// What this node follows, and how far it is there.

using System.Globalization;
using FabNet.Model;
using FabNet.Protocol.V1;
using Google.Protobuf;

namespace FabNet.Catalogue.Federation;

/// <summary>A node, or a part of what it has, that this one follows.</summary>
/// <param name="Id">Names it in this node's folder.</param>
/// <param name="Address">Where the other node is.</param>
/// <param name="Scope">Which part.</param>
/// <param name="HasBlobs">True if files are kept here; false if each is pulled when somebody asks for it.</param>
internal sealed record Follow(long Id, Uri Address, FollowScope Scope, bool HasBlobs)
{
    /// <summary>True if all that the other node has is followed.</summary>
    public bool IsAll => Scope.PartCase is FollowScope.PartOneofCase.None;

    /// <summary>The part in words.</summary>
    public string Part => Scope.PartCase switch
    {
        FollowScope.PartOneofCase.Publisher => $"publisher {Scope.Publisher}",
        FollowScope.PartOneofCase.Collection => $"collection {Scope.Collection}",
        FollowScope.PartOneofCase.Designs => string.Create(CultureInfo.InvariantCulture, $"{Scope.Designs.ManifestDigests.Count} designs"),
        FollowScope.PartOneofCase.Query => string.Create(CultureInfo.InvariantCulture, $"query {Scope.Query}"),
        _ => "all",
    };

    /// <summary>The scope as it is kept: equal scopes have equal bytes.</summary>
    public static byte[] KeyOf(FollowScope scope) => scope.ToByteArray();
}

/// <summary>How far a follow is.</summary>
internal sealed record FollowProgress
{
    /// <summary>The place in the other's log up to which everything was taken.</summary>
    public required long Cursor { get; init; }

    /// <summary>What names that log up to there.</summary>
    public required string Mark { get; init; }

    /// <summary>The identity that the name in the scope meant when it was followed first; null for none, or before it was asked for.</summary>
    public required Digest? Identity { get; init; }

    /// <summary>Statements that were new here.</summary>
    public required long Taken { get; init; }

    /// <summary>Statements that broke a rule.</summary>
    public required long Refused { get; init; }

    /// <summary>True if some were refused since the log was read from its beginning: it is worth reading again, by a newer version of this program, or after the other node was repaired.</summary>
    public required bool HasGaps { get; init; }

    /// <summary>When it last was up to date; null if it never was.</summary>
    public required DateTimeOffset? SyncedAt { get; init; }
}
