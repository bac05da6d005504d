// Signed statements: one form for each, strict readers, signatures that others can verify, keys that stay private.

using System.Diagnostics;
using System.Text;
using FabNet.Catalogue.Client;
using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class StatementTests : IDisposable
{
    private const string Nonce = "00112233445566778899aabbccddeeff";

    // Made once with openssl, by a key that was thrown away. If it is not read, verified and written again byte for byte, the format has changed.
    private const string GoldenKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYTT0w1tVg2sKV5c7d4CEGd0jBFACJFVvDmd8vpUlzbnVkjPIl/lOKWFlGLuwBXSTWSiUw251a/MYNxFjNOEvFQ==";

    private const string GoldenEnvelope = """{"payload":"eyJieSI6eyJwdWJsaXNoZXIiOiJzaGEyNTY6MmJkODA2Yzk3ZjBlMDBhZjFhMWZjMzMyOGZhNzYzYTkyNjk3MjNjOGRiOGZhYzRmOTNhZjcxZGIxODZkNmU5MCIsInNlcXVlbmNlIjoyfSwiZ29vZCI6MywibWFjaGluZUNsYXNzIjoicHJ1c2EtbWszcyIsIm1hZGUiOjQsIm1hdGVyaWFsIjoiUExBIiwibWVkaWFUeXBlIjoiYXBwbGljYXRpb24vdm5kLmZhYm5ldC5ydW4udjEranNvbiIsIm1vbnRoIjoiMjAyNi0wMyIsIm5vbmNlIjoiMDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYiLCJwYXJ0IjoiQ2xpcCIsInNlY29uZHMiOjEyMDAsInNldHRpbmdzIjp7ImxheWVyLWhlaWdodCI6IjAuMiIsIm5venpsZSI6IjAuNCJ9LCJzdWJqZWN0Ijoic2hhMjU2OmE2YjQ2ZGQwZDFhZTVlODZjYmM4ZjM3ZTc1Y2VlYjY3NjAyMzBjMWNhNGZmYmNiMGM5N2I5NmRkN2Q5YzQ2NGIifQ==","payloadType":"application/vnd.fabnet.run.v1+json","signatures":[{"keyid":"sha256:52819657151068ed2dec66621b56ca2bfcda68a135bae345bed82411864f1cd0","sig":"MEQCIC9/uf2ctk3WW0GOe5cyJR0c4A1mCWQsrTMN/6bb3WuhAiBIHPuEZ7INOl5fy3eM+9snQZOROhY8X88J9YaCpyKGwQ=="}]}""";

    private static readonly Digest Some = Digest.Of("some"u8);

    private readonly TempFolder _folder = new();

    private static readonly TestPublisher Alice = new("alice");

    public static TheoryData<string> Kinds => [.. Samples.Keys];

    private static Dictionary<string, Statement> Samples { get; } = new(StringComparer.Ordinal)
    {
        [StatementKinds.Design] = new DesignStatement(SampleDesign.Of("clip").Sealed()),
        [StatementKinds.Publisher] = Alice.Current with { Rate = new ReciprocityRate(0.25, "EUR") },
        [StatementKinds.Collection] = new CollectionStatement { By = Alice.Author, Name = "safe-tools", Title = "Safe tools", Maintainers = [Some], Sequence = 1 },
        [StatementKinds.Attestation] = new AttestationStatement { By = Alice.Author, Collection = Some, Manifest = Some, Verdict = Verdict.NeedsWork, Reason = "The lip is thin.", Evidence = [Some], Sequence = 3 },
        [StatementKinds.Yank] = new YankStatement { By = Alice.Author, Manifest = Some, Reason = "Wrong file." },
        [StatementKinds.Proposal] = new ProposalStatement { By = Alice.Author, From = Some, To = Digest.Of("other"u8), Text = "Thicker lip." },
        [StatementKinds.ProposalAnswer] = new ProposalAnswerStatement { By = Alice.Author, Proposal = Some, IsTaken = false, Reason = "Too heavy." },
        [StatementKinds.Run] = new RunStatement
        {
            By = Alice.Author, Manifest = Some, Part = "Clip", MachineClass = "prusa-mk3s", Material = "PLA", Seconds = 1200, Made = 4, Good = 3, Month = "2026-03", Nonce = Nonce,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["nozzle"] = "0.4", ["layer-height"] = "0.2" },
        },
        [StatementKinds.Claim] = new ClaimStatement { By = Alice.Author, Manifest = Some, Quantity = 10, Rate = new ReciprocityRate(1.5, "EUR"), Nonce = Nonce },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_is_read_as_it_was_written_and_verified(string kind)
    {
        var envelope = Envelope.Read(StatementFormat.Sign(Samples[kind], Alice.Key).Write());
        var read = StatementFormat.Read(envelope);
        Assert.Equal(kind, read.Kind);
        Assert.Equal(StatementFormat.Write(Samples[kind]), StatementFormat.Write(read));
        Assert.Equal([Alice.Key.Public.Id], envelope.Verify([Alice.Key.Public, new TestPublisher("bob").Key.Public]));
    }

    [Fact]
    public void The_golden_envelope_never_changes()
    {
        var envelope = Envelope.Read(Encoding.UTF8.GetBytes(GoldenEnvelope));
        var key = VerifyingKey.Parse(Convert.FromBase64String(GoldenKey));
        Assert.Equal([key.Id], envelope.Verify([key]));
        Assert.Equal(GoldenEnvelope, Encoding.UTF8.GetString(envelope.Write()));
        var run = Assert.IsType<RunStatement>(StatementFormat.Read(envelope));
        Assert.Equal(("Clip", 4, 3, "0.2"), (run.Part, run.Made, run.Good, run.Settings["layer-height"]));
    }

    [Fact]
    public void The_signed_bytes_are_those_of_the_specification() => Assert.Equal(
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
        Encoding.UTF8.GetString(Envelope.PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"u8)));

    [Fact(Timeout = 60_000)]
    public async Task Openssl_verifies_a_signature_and_reads_a_key_file()
    {
        Assert.SkipWhen(FindOpenssl() is null, "openssl is not installed");
        var publisher = PublisherFolder.Create(_folder.Path, "alice", "Alice", OrganisationKind.Person);
        var envelope = publisher.Sign(Samples[StatementKinds.Yank]);
        var pem = Directory.GetFiles(_folder.Path, "*.pem", SearchOption.AllDirectories).Single();
        var signed = _folder.Add("signed", Envelope.PreAuthenticationEncoding(envelope.PayloadType, envelope.Payload.Span));
        var signature = _folder.Add("signature", envelope.Signatures[0].Value);
        var publicKey = Path.Combine(_folder.Path, "public.der");

        await OpensslAsync("pkey", "-in", pem, "-pubout", "-outform", "DER", "-out", publicKey);
        Assert.Equal(envelope.Signatures[0].Key, Digest.Of(await File.ReadAllBytesAsync(publicKey, TestContext.Current.CancellationToken)));
        Assert.Equal("Verified OK", await OpensslAsync("dgst", "-sha256", "-verify", publicKey, "-keyform", "DER", "-signature", signature, signed));
    }

    [Fact]
    public void One_changed_byte_anywhere_is_found()
    {
        var envelope = StatementFormat.Sign(Samples[StatementKinds.Yank], Alice.Key);
        var payload = envelope.Payload.ToArray();
        payload[^10] ^= 1;
        Assert.Throws<FormatException>(() => (envelope with { Payload = payload }).Verify([Alice.Key.Public]));
        Assert.Throws<FormatException>(() => (envelope with { PayloadType = StatementKinds.MediaTypeOf(StatementKinds.Claim) }).Verify([Alice.Key.Public]));
        var sig = envelope.Signatures[0].Value.ToArray();
        sig[^1] ^= 1;
        Assert.Throws<FormatException>(() => (envelope with { Signatures = [envelope.Signatures[0] with { Value = sig }] }).Verify([Alice.Key.Public]));
        Assert.Empty(envelope.Verify([new TestPublisher("bob").Key.Public]));
    }

    [Theory]
    [InlineData("""{"payload":"e30=","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[]}""", "1 to 16")]
    [InlineData("""{"payload":"e30=","payload":"e30=","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[]}""", "'payload' twice")]
    [InlineData("""{"payload":"e30=","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[],"extra":1}""", "'extra', which this version does not know")]
    [InlineData("""{"payload":"???","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[]}""", "envelope.payload is not base64")]
    [InlineData("""{"payload":"e30=","payloadType":"text/plain","signatures":[{"keyid":"@","sig":"AA=="}]}""", "'text/plain', which this version does not know")]
    [InlineData("""{"payload":"e30=","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[{"keyid":"@","sig":"AA=="},{"keyid":"@","sig":"AA=="}]}""", "each by another key")]
    [InlineData("""{"payload":"e30=","payloadType":"application/vnd.fabnet.yank.v1+json","signatures":[{"keyid":"md5:1","sig":"AA=="}]}""", "envelope.signatures[0].keyid is not a digest")]
    [InlineData("""[[[[[[]]]]]]""", "not JSON")]
    [InlineData("""{"payload":""", "not JSON")]
    [InlineData("""{"pay\u001b[2Jload":1}""", "does not know")]
    public void A_bad_envelope_is_refused_with_the_member(string json, string says)
    {
        var error = Assert.Throws<FormatException>(() => Envelope.Read(Encoding.UTF8.GetBytes(json.Replace("@", Some.Value, StringComparison.Ordinal))));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Theory]
    [InlineData(StatementKinds.Yank, "\"reason\":\"Wrong file.\"", "\"reason\":\"\"", "yank.reason is empty")]
    [InlineData(StatementKinds.Yank, "\"reason\":\"Wrong file.\"", "\"reason\":\"a\\u202Eb\"", "nobody sees")]
    [InlineData(StatementKinds.Yank, "\"reason\":\"Wrong file.\"", "\"reason\":7", "yank.reason is number")]
    [InlineData(StatementKinds.Yank, "\"sequence\":1", "\"sequence\":0", "yank.by.sequence is 0")]
    [InlineData(StatementKinds.Yank, "\"sequence\":1", "\"sequence\":1,\"sequence\":1", "'sequence' twice")]
    [InlineData(StatementKinds.Yank, "{\"by\"", "{ \"by\"", "not canonical")]
    [InlineData(StatementKinds.Yank, "yank.v1", "claim.v1", "and the envelope calls it")]
    [InlineData(StatementKinds.Attestation, "needs-work", "fine", "attestation.verdict is another word than validated, needs-work, unsafe")]
    [InlineData(StatementKinds.Run, "2026-03", "2026-03-17", "Write it as a year and a month")]
    [InlineData(StatementKinds.Run, "\"good\":3", "\"good\":5", "run.good is 5; it must be from 0 to 4")]
    [InlineData(StatementKinds.Publisher, "\"displayName\":\"", "\"displayName\":\"x\\nverdict    validated ", "publisher.displayName is more than one line")]
    [InlineData(StatementKinds.Run, "\"part\":\"", "\"part\":\"a\\tb", "run.part is more than one line")]
    [InlineData(StatementKinds.Run, "\"part\":", "\"person\":\"Ada\",\"part\":", "'person', which this version does not know")]
    [InlineData(StatementKinds.Claim, "\"open\"", "\"settled\"", "not canonical")]
    [InlineData(StatementKinds.Claim, "\"EUR\"", "\"Euro\"", "claim.rate.currency is 'Euro'")]
    [InlineData(StatementKinds.Publisher, "\"alice\"", "\"аlice\"", "publisher.namespace")]
    [InlineData(StatementKinds.Publisher, "\"person\"", "\"state\"", "publisher.organisation")]
    [InlineData(StatementKinds.Collection, "\"sequence\":1,\"title\"", "\"sequence\":2,\"title\"", "stand in every statement of a chain but its first")]
    public void A_bad_payload_is_refused_with_the_member(string kind, string replace, string by, string says)
    {
        var good = Encoding.UTF8.GetString(StatementFormat.Write(Samples[kind]));
        Assert.Contains(replace, good, StringComparison.Ordinal);
        var envelope = Envelope.Sign(StatementKinds.MediaTypeOf(kind), Encoding.UTF8.GetBytes(good.Replace(replace, by, StringComparison.Ordinal)), Alice.Key);
        Assert.Contains(says, Assert.Throws<FormatException>(() => StatementFormat.Read(envelope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_payload_bomb_is_refused_by_its_size()
    {
        var large = new byte[StatementKinds.MaxBytes + 1];
        Assert.Contains("at most", Assert.Throws<FormatException>(() => Envelope.Read(new byte[Envelope.MaxBytes + 1])).Message, StringComparison.Ordinal);
        Assert.Contains("a yank has 1 to", Assert.Throws<FormatException>(() => Envelope.Of(StatementKinds.MediaTypeOf(StatementKinds.Yank), large, [new EnvelopeSignature(Some, [1])])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_P256_key_in_its_one_form_is_a_key()
    {
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        Assert.Contains("P-256", Assert.Throws<FormatException>(() => VerifyingKey.Parse(other.ExportSubjectPublicKeyInfo())).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => VerifyingKey.Parse([.. Alice.Key.Public.Info.Span, 0]));
        Assert.Throws<FormatException>(() => VerifyingKey.Parse([]));
        Assert.Equal(Alice.Key.Public, VerifyingKey.Parse(Alice.Key.Public.Info.Span));
    }

    [Theory]
    [InlineData("alice", "a1ice", true)]
    [InlineData("lab-modern", "labmodem", true)]
    [InlineData("bob0", "bobo", true)]
    [InlineData("alice", "alicia", false)]
    [InlineData("alice", "alice", false)]
    public void A_namespace_that_may_pass_for_another_is_found(string known, string seen, bool isAlike)
    {
        using var folder = new TempFolder();
        Assert.Equal(PinState.FirstSeen, PublisherPins.Open(folder.Path).See(known, Digest.Of("a"u8), 1));
        Assert.Equal(isAlike ? known : null, PublisherPins.Open(folder.Path).FindLookAlike(seen));
        Assert.Equal(isAlike, PublisherName.LooksLike(known, seen));
    }

    [Theory]
    [InlineData("\u0430lice")]
    [InlineData("alic\u0435")]
    [InlineData("al\u0131ce")]
    [InlineData("\uFF41lice")]
    [InlineData("ali\u200Bce")]
    [InlineData("Alice")]
    public void A_name_with_letters_of_another_script_is_no_name(string name)
    {
        using var folder = new TempFolder();
        Assert.Contains("lower-case letters, digits and dashes", Assert.Throws<FormatException>(() => PublisherFolder.Create(folder.Path, name, "Alice", OrganisationKind.Person)).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => PublisherName.Parse(name));
        Assert.Throws<FormatException>(() => DesignName.Parse(name));
        Assert.Throws<FormatException>(() => DesignManifest.Write(SampleDesign.Of(name)));
    }

    [Fact]
    public void A_publisher_folder_keeps_its_chain_and_its_keys_to_itself()
    {
        var made = PublisherFolder.Create(_folder.Path, "alice", "Alice", OrganisationKind.Cooperative);
        made.Rotate();
        made.Revoke(made.Current.Keys[0].Id, "the laptop was stolen");
        var opened = PublisherFolder.Open(_folder.Path, "alice");
        Assert.Equal((made.Identity, made.Author, 3), (opened.Identity, opened.Author, opened.Chain.Count));
        Assert.Equal(["alice"], PublisherFolder.Names(_folder.Path));
        Assert.StartsWith("alice~", opened.Name.ToString(), StringComparison.Ordinal);
        Assert.Equal([opened.Current.Keys[0].Id], opened.Sign(Samples[StatementKinds.Yank]).Verify(opened.Current.Keys));
        Assert.Throws<IOException>(() => PublisherFolder.Create(_folder.Path, "alice", "Alice", OrganisationKind.Person));
        Assert.Throws<FormatException>(() => opened.Revoke(opened.Current.Revoked[0].Key, "again"));
        Assert.Throws<IOException>(() => PublisherFolder.Open(_folder.Path, "../alice"));

        var pem = Directory.GetFiles(_folder.Path, opened.Current.Keys[0].Id.Hex[..16] + ".pem", SearchOption.AllDirectories).Single();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pem));
            File.SetUnixFileMode(pem, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<IOException>(() => opened.Sign(Samples[StatementKinds.Yank])).Message, StringComparison.Ordinal);
        }

        File.Delete(pem);
        Assert.Contains("Put back", Assert.Throws<IOException>(() => opened.Sign(Samples[StatementKinds.Yank])).Message, StringComparison.Ordinal);
        File.WriteAllText(Directory.GetFiles(_folder.Path, "0002.json", SearchOption.AllDirectories).Single(), "{}");
        Assert.Contains("0002.json is damaged", Assert.Throws<IOException>(() => PublisherFolder.Open(_folder.Path, "alice")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cable-clip", null, "cable-clip", null)]
    [InlineData("cable-clip@1.0.0", null, "cable-clip", "1.0.0")]
    [InlineData("alice/cable-clip", "alice", "cable-clip", null)]
    [InlineData("alice~1a2b3c4d/cable-clip@1.0.0", "alice~1a2b3c4d", "cable-clip", "1.0.0")]
    public void A_design_is_named_with_as_much_as_is_needed(string text, string? publisher, string name, string? version)
    {
        var read = DesignName.Parse(text);
        Assert.Equal((publisher, name, version, text), (read.Publisher?.ToString(), read.Name, read.Version, read.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice/")]
    [InlineData("Alice/clip")]
    [InlineData("alice~12/clip")]
    [InlineData("a/b/c")]
    [InlineData("clip@")]
    [InlineData("clip@1\u202e")]
    [InlineData("сlip")]
    public void Other_names_are_refused(string text) => Assert.Throws<FormatException>(() => DesignName.Parse(text));

    private static string? FindOpenssl() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(d => Path.Combine(d, "openssl")).FirstOrDefault(File.Exists);

    private static async Task<string> OpensslAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(FindOpenssl()!, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
