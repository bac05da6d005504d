// JSON-RPC messages of any shape.

using System.Text;
using System.Text.Json;
using FabNet.FirmwareBridge.Moonraker;
using Xunit;

namespace FabNet.Tests.Moonraker;

public sealed class RpcCallsTests
{
    private readonly List<RpcAnswer> _answers = [];
    private readonly RpcCalls _calls = new(TimeProvider.System);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}""")]
    [InlineData("""{"method":"notify_klippy_ready"}""")]
    [InlineData("""[1,2]""")]
    [InlineData("""{"id":"1","result":"ok"}""")]
    [InlineData("3")]
    public void A_message_that_answers_nothing_is_passed_over(string message)
    {
        Make();
        Assert.False(_calls.TakeAnswer(Parse(message)));
        Assert.Empty(_answers);
    }

    [Theory]
    [InlineData("""{"id":1,"error":"no"}""", 0, "\"no\"")]
    [InlineData("""{"id":1,"error":{"message":["a"],"code":"x"}}""", 0, """{"message":["a"],"code":"x"}""")]
    [InlineData("""{"id":1,"error":{"message":"File currently in use","code":403}}""", 403, "File currently in use")]
    public void An_error_of_any_shape_is_a_refusal(string message, int code, string says)
    {
        Make();
        Assert.True(_calls.TakeAnswer(Parse(message)));
        Assert.Equal((RpcOutcome.Refused, code, says), (_answers[0].Outcome, _answers[0].Code, _answers[0].Message));
    }

    [Fact]
    public void An_answer_counts_once_and_what_is_left_is_lost_with_the_connection()
    {
        Make();
        Make();
        Assert.True(_calls.TakeAnswer(Parse("""{"id":1,"result":"ok"}""")));
        Assert.True(_calls.TakeAnswer(Parse("""{"id":1,"result":"ok"}""")));
        Assert.Equal(JsonValueKind.Undefined, _answers[0]["status"].ValueKind);
        _calls.Lose();
        Assert.Equal([RpcOutcome.Done, RpcOutcome.Lost], _answers.Select(static answer => answer.Outcome));
    }

    [Fact]
    public void A_request_names_its_method_its_parameters_and_its_id() =>
        Assert.Equal("""{"jsonrpc":"2.0","method":"printer.gcode.script","params":{"script":"G28"},"id":1}""", Encoding.UTF8.GetString(
            _calls.Make("printer.gcode.script", static writer => writer.WriteString("script", "G28"), TimeSpan.FromMinutes(1), _answers.Add)));

    private void Make() => _calls.Make("server.info", null, TimeSpan.FromMinutes(1), _answers.Add);

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
