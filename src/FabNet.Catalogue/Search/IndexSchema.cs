// The tables of index.db. Another version of them is another file: it is made anew from the journal.

namespace FabNet.Catalogue.Search;

internal static class IndexSchema
{
    /// <summary>Counts with every change of the tables, and of what is written into them (terms, summaries).</summary>
    public const int Version = 4;

    /// <summary>
    /// <c>designs</c> has every version; <c>ranked</c> the ones that are found: of each name of a publisher the newest that is not hidden, by
    /// the place among all that <see cref="DesignDocument.Rank"/> gives it. <c>signatures</c> has the entries that brought a statement again with
    /// another signature, <c>keys</c> what publishers say that their keys are, <c>signed</c> the designs that each key signed. <c>words</c> lists for each term the ranks of its designs, in order.
    /// </summary>
    public static readonly string Tables = $"""
        CREATE TABLE applied (cursor INTEGER NOT NULL, hash BLOB NOT NULL, basis TEXT NOT NULL) STRICT;

        CREATE TABLE statements (
            id        BLOB PRIMARY KEY,
            kind      TEXT NOT NULL,
            publisher TEXT NOT NULL,
            subject   TEXT NOT NULL,
            cursor    INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX statements_of_kind ON statements (kind, cursor);
        CREATE INDEX statements_about ON statements (kind, subject, cursor) WHERE subject <> '';
        CREATE INDEX statements_by ON statements (publisher, kind, cursor) WHERE publisher <> '';

        CREATE TABLE signatures (
            id     BLOB NOT NULL,
            kind   TEXT NOT NULL,
            cursor INTEGER NOT NULL,
            PRIMARY KEY (id, cursor)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX signatures_of_kind ON signatures (kind, cursor);

        CREATE TABLE keys (
            key       BLOB NOT NULL,
            publisher BLOB NOT NULL,
            info      BLOB NOT NULL,
            PRIMARY KEY (key, publisher)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX keys_of ON keys (publisher, key);

        CREATE TABLE signed (
            key         BLOB NOT NULL,
            name        TEXT NOT NULL,
            version_key BLOB NOT NULL,
            digest      BLOB NOT NULL,
            PRIMARY KEY (name, key, version_key, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX signed_with ON signed (key, digest);

        CREATE TABLE designs (
            id          INTEGER PRIMARY KEY,
            digest      BLOB NOT NULL UNIQUE,
            name        TEXT NOT NULL,
            publisher   TEXT NOT NULL,
            version     TEXT NOT NULL,
            version_key BLOB NOT NULL,
            cursor      INTEGER NOT NULL,
            validated   INTEGER NOT NULL,
            hidden      INTEGER NOT NULL,
            proven      INTEGER NOT NULL,
            summary     BLOB NOT NULL
        ) STRICT;
        CREATE INDEX designs_by_version ON designs (name, publisher, version_key, digest);

        CREATE TABLE standings (
            digest    BLOB PRIMARY KEY,
            validated INTEGER NOT NULL,
            hidden    INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE ranked (
            rank      INTEGER PRIMARY KEY,
            design    INTEGER NOT NULL,
            name      TEXT NOT NULL,
            publisher TEXT NOT NULL,
            width     REAL,
            depth     REAL,
            height    REAL
        ) STRICT;
        CREATE UNIQUE INDEX ranked_by_name ON ranked (name, publisher);

        CREATE VIRTUAL TABLE words USING fts5 (terms, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'");

        CREATE TABLE terms (
            term    TEXT PRIMARY KEY,
            id      INTEGER NOT NULL UNIQUE,
            designs INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE spellings (
            key  INTEGER NOT NULL,
            term INTEGER NOT NULL,
            PRIMARY KEY (key, term)
        ) STRICT, WITHOUT ROWID;

        PRAGMA user_version = {Version};
        """;
}
