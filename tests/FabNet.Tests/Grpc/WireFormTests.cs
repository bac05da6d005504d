// The forms of the wire by themselves, for every input: percent-encoding, timeouts, metadata, frames.

using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Client.Calls;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class WireFormTests
{
    private static readonly string[] Texts = ["", "plain", "100 %", "ü✗\n", "%", "%4", "%zz", "a%C3b"];

    [Fact]
    public void Every_message_survives_percent_encoding() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            // Lone surrogates have no UTF-8 form.
            var sent = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            var encoded = PercentEncoding.Encode(sent);
            return PercentEncoding.Decode(encoded) == sent && encoded.All(c => c is >= ' ' and <= '~');
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_broken_escape_stays_as_it_is()
    {
        foreach (var text in Texts)
        {
            Assert.Equal(text, PercentEncoding.Decode(PercentEncoding.Encode(text)));
        }

        Assert.Equal("100% %zz %", PercentEncoding.Decode("100% %zz %"));
    }

    [Fact]
    public void Every_timeout_is_sent_in_eight_digits_and_never_shortened() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>().Filter(ticks => ticks > 0), ticks =>
        {
            var text = GrpcTimeout.Format(new TimeSpan(ticks));
            return text.Length is >= 2 and <= 9
                && GrpcTimeout.TryParse(text, out var parsed)
                && (parsed.Ticks >= ticks || parsed.Ticks >= 99_999_999L * TimeSpan.TicksPerHour)
                && parsed.Ticks - ticks <= Math.Max(1, ticks / 1000);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("99999999H", 99_999_999L * TimeSpan.TicksPerHour)]
    public void A_timeout_is_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1 S")]
    [InlineData("1s")]
    [InlineData("123456789S")]
    public void A_malformed_timeout_is_not_read(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void Messages_are_the_same_however_the_stream_is_cut() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), ArbMap.Default.ArbFor<PositiveInt>(), (messages, cut) =>
        {
            using var wire = new PooledBufferWriter();
            using var writer = new MessageWriter(wire, null);
            foreach (var message in messages)
            {
                writer.Write(message, static (bytes, context) =>
                {
                    context.SetPayloadLength(bytes.Length);
                    context.GetBufferWriter().Write(bytes);
                    context.Complete();
                });
            }

            using var stream = new CutStream(wire.Memory.ToArray(), cut.Get);
            using var reader = new ResponseReader<byte[]>(stream, null, null, context => context.PayloadAsNewBuffer());
            foreach (var message in messages)
            {
                var read = reader.ReadNextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
                if (read is null || !read.AsSpan().SequenceEqual(message))
                {
                    return false;
                }
            }

            return reader.ReadNextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is null;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void Compression_is_undone(string encoding)
    {
        var message = NodePayload.Create(300_000);
        using var compressed = new PooledBufferWriter();
        MessageEncoding.Compress(encoding, System.IO.Compression.CompressionLevel.Fastest, message, compressed);
        using var back = new PooledBufferWriter();
        MessageEncoding.Decompress(encoding, new ReadOnlySequence<byte>(compressed.Memory), message.Length, back);
        Assert.Equal(message, back.Span);
        back.Reset();
        var failure = Assert.Throws<RpcException>(
            () => MessageEncoding.Decompress(encoding, new ReadOnlySequence<byte>(compressed.Memory), message.Length - 1, back));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public void A_serializer_that_lies_about_its_length_is_caught()
    {
        using var wire = new PooledBufferWriter();
        using var writer = new MessageWriter(wire, null);
        Assert.Throws<InvalidOperationException>(() => writer.Write("x", static (_, context) =>
        {
            context.SetPayloadLength(3);
            context.GetBufferWriter().Write("xx"u8);
            context.Complete();
        }));
        Assert.True(writer.IsBroken);
        Assert.Throws<InvalidOperationException>(() => writer.Write("x", static (_, _) => { }));
    }

    [Fact]
    public void Metadata_is_a_list_of_lower_case_keys_in_which_bytes_have_names_of_their_own()
    {
        var metadata = new Metadata { { "Key", "one" }, { "key", "two" }, { "blob-bin", [1] } };
        Assert.Equal("two", metadata.GetValue("KEY"));
        Assert.Equal(["one", "two"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Equal("key", metadata[0].Key);
        Assert.Null(metadata.Get("none"));
        Assert.Throws<InvalidOperationException>(() => metadata.GetValue("blob-bin"));
        Assert.Throws<ArgumentException>(() => metadata.Add("blob", [1]));
        Assert.Throws<ArgumentException>(() => metadata.Add("text-bin", "text"));
        Assert.Throws<ArgumentException>(() => metadata.Add("no spaces", "text"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class CutStream(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, cut)], cancellationToken);
    }
}
