// TOML 1.0: what the specification allows is read, what it forbids is refused with its line, and nothing else is ever thrown.

using System.Text;
using FabNet.Catalogue.OpenKnowHow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class TomlReaderTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("\uFEFF# only a comment", "{}")]
    [InlineData("a=1\r\nb = 2 # two", "{a=1, b=2}")]
    [InlineData("bare_key-1 = 1\n\"a b\" = 2\n'' = 3\n1234 = 4", "{bare_key-1=1, a b=2, =3, 1234=4}")]
    [InlineData("a.b . \"c.d\" = 1\na.e = 2", "{a={b={c.d=1}, e=2}}")]
    [InlineData("3.14 = 'pi'", "{3={14='pi'}}")]
    [InlineData("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001F600\"", "{a='\b\t\n\f\r\"\\é😀'}")]
    [InlineData("a = 'C:\\n'", "{a='C:\\n'}")]
    [InlineData("a = \"\"\"\nx\r\n\\  \n\n   y\"\"\"", "{a='x\ny'}")]
    [InlineData("a = \"\"\"\"\"two quotes\"\"\"\"\"", "{a='\"\"two quotes\"\"'}")]
    [InlineData("a = '''\n\\raw'\n'''", "{a='\\raw'\n'}")]
    [InlineData("a = ''''''", "{a=''}")]
    [InlineData("a = [+99, -0, 1_000, 0xDEAD_beef, 0o755, 0b1101]", "{a=[99, 0, 1000, 3735928559, 493, 13]}")]
    [InlineData("a = [9223372036854775807, -9223372036854775808]", "{a=[9223372036854775807, -9223372036854775808]}")]
    [InlineData("a = [1.0, -0.01, 5e+22, 1e06, 6.626e-34, 224_617.445_991]", "{a=[f1, f-0.01, f5E+22, f1000000, f6.626E-34, f224617.445991]}")]
    [InlineData("a = [inf, +inf, -inf, nan, true, false]", "{a=[fInfinity, fInfinity, f-Infinity, fNaN, true, false]}")]
    [InlineData("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 00:32:00.999999-07:00", "{a=o1979-05-27T07:32:00+00:00, b=o1979-05-27T00:32:00.999999-07:00}")]
    [InlineData("a = 1979-05-27T07:32:00\nb = 1979-05-27\nc = 07:32:00.123456789", "{a=l1979-05-27T07:32:00, b=d1979-05-27, c=t07:32:00.1234567}")]
    [InlineData("a = 1979-05-27 # a date\nb=[1979-05-27,2]", "{a=d1979-05-27, b=[d1979-05-27, 2]}")]
    [InlineData("a = [ [1,2], # c\n ['x', {y=1}],\n]", "{a=[[1, 2], ['x', {y=1}]]}")]
    [InlineData("a = { b.c = 1, b.d = 2, e = {} }", "{a={b={c=1, d=2}, e={}}}")]
    [InlineData("[a]\nx=1\n[a.b]\ny=2\n[c . 'd']\n[a.\"e\"]", "{a={x=1, b={y=2}, e={}}, c={d={}}}")]
    [InlineData("[x.y.z]\n[x]\na=1", "{x={y={z={}}, a=1}}")]
    [InlineData("[[a]]\nx=1\n[[a]]\n[a.b]\ny=2\n[[a.c]]\n[[a.c]]", "{a=[{x=1}, {b={y=2}, c=[{}, {}]}]}")]
    [InlineData("[fruit]\napple.color = 1\n[fruit.apple.texture]\ns = 1", "{fruit={apple={color=1, texture={s=1}}}}")]
    [InlineData("apple.type = 1\norange.type = 2\napple.skin = 3", "{apple={type=1, skin=3}, orange={type=2}}")]
    [InlineData("[a.b.c]\nz=9\n[a]\nb.d=1", "{a={b={c={z=9}, d=1}}}")]
    public void What_the_specification_allows_is_read(string toml, string expected) =>
        Assert.Equal(expected, ManifestText.Of(Read(toml)));

    [Theory]
    [InlineData("a = 1\na = 2", 2, "second time")]
    [InlineData("\n\na =", 3, "should be a value")]
    [InlineData("a = 1 b = 2", 1, "line should end")]
    [InlineData("= 1", 1, "should be a key")]
    [InlineData("a b = 1", 1, "should be a '='")]
    [InlineData("a = \"x", 1, "no closing quote")]
    [InlineData("a = \"\"\"x\n\ny", 1, "no closing quote")]
    [InlineData("a = \"\\x41\"", 1, "no escape")]
    [InlineData("a = \"\\ud800\"", 1, "hexadecimal digits")]
    [InlineData("a = \"\\u12\"", 1, "hexadecimal digits")]
    [InlineData("a = \"\u0001\"", 1, "U+0001")]
    [InlineData("# \u0007", 1, "U+0007")]
    [InlineData("a = 1\rb = 2", 1, "line should end")]
    [InlineData("a = 01", 1, "'01' is not a value")]
    [InlineData("a = 1__0", 1, "not a value")]
    [InlineData("a = _1", 1, "not a value")]
    [InlineData("a = 0xZZ", 1, "not a value")]
    [InlineData("a = +0x1", 1, "not a value")]
    [InlineData("a = 9223372036854775808", 1, "not a value")]
    [InlineData("a = 0xFFFFFFFFFFFFFFFF", 1, "not a value")]
    [InlineData("a = 1.", 1, "not a value")]
    [InlineData("a = .5", 1, "not a value")]
    [InlineData("a = 1.e5", 1, "not a value")]
    [InlineData("a = True", 1, "not a value")]
    [InlineData("a = plain", 1, "'plain' is not a value")]
    [InlineData("a = 1979-02-30", 1, "not a value")]
    [InlineData("a = 07:32", 1, "not a value")]
    [InlineData("a = 07:32:00Z", 1, "not a value")]
    [InlineData("a = 1979-05-27T", 1, "not a value")]
    [InlineData("a = [1, 2", 1, "should be a ']'")]
    [InlineData("a = [1,\n,2]", 2, "should be a value")]
    [InlineData("a = {b = 1,}", 1, "should be a key")]
    [InlineData("a = {b = 1\n}", 1, "inline table")]
    [InlineData("a = {b = 1}\na.c = 2", 2, "complete already")]
    [InlineData("a = {b.c = 1, b = {d = 2}}", 1, "second time")]
    [InlineData("a = {b = {c = 1}, b.d = 2}", 1, "complete already")]
    [InlineData("[a]\n[a]", 2, "defined already")]
    [InlineData("[a]\nb=1\n[a.b]", 3, "defined already")]
    [InlineData("a=1\n[a.b]", 2, "value already")]
    [InlineData("a=[]\n[[a]]", 2, "not as an array of tables")]
    [InlineData("a=[{}]\n[a.b]", 2, "value already")]
    [InlineData("[[a]]\n[a]", 2, "defined already")]
    [InlineData("[a]\n[[a]]", 2, "not as an array of tables")]
    [InlineData("[fruit]\napple.color=1\n[fruit.apple]", 3, "defined already")]
    [InlineData("[a.b.c]\nz=9\n[a]\nb.c.t=1", 4, "complete already")]
    [InlineData("[[a]]\n[c]\n[[c.b]]\n[c]", 4, "defined already")]
    [InlineData("[]", 1, "should be a key")]
    [InlineData("[a", 1, "should be a ']'")]
    [InlineData("[[a] ]", 1, "should be a ']'")]
    [InlineData("[a] x = 1", 1, "line should end")]
    [InlineData("a.b = 1\na.b.c = 2", 2, "complete already")]
    [InlineData("\"\"\"a\"\"\" = 1", 1, "should be a '='")]
    public void What_the_specification_forbids_is_refused_with_its_line(string toml, int line, string expected)
    {
        var error = Assert.Throws<ManifestSyntaxException>(() => Read(toml));
        Assert.Equal(line, error.Line);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused_with_their_place()
    {
        var error = Assert.Throws<ManifestSyntaxException>(() => TomlReader.Read("a = 1\nb = \"\u00e9"u8.ToArray().Append((byte)0xFF).ToArray()));
        Assert.Equal((2, 8), (error.Line, error.Column));
    }

    [Theory]
    [InlineData("a = ", "[", 200_000)]
    [InlineData("a = ", "{b = ", 100_000)]
    [InlineData("", "a.", 200_000)]
    [InlineData("[", "a.", 200_000)]
    public void Deep_nesting_is_refused_before_it_exhausts_the_stack(string start, string repeated, int times)
    {
        var toml = start + string.Concat(Enumerable.Repeat(repeated, times));
        Assert.Contains("64", Assert.Throws<ManifestSyntaxException>(() => Read(toml)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_or_refused_with_its_line() => Prop.ForAll(
        Arb.From(Gen.Elements(Fragments).ListOf().Select(string.Concat)),
        ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Any_bytes_are_read_or_refused_with_their_line() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes => ReadsOrRefuses(bytes)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(Arb.From(Values(3)), value =>
    {
        var map = new MapNode(1);
        map.Members.Add("value", value);
        var toml = $"value = {ManifestText.ToToml(value)}";
        return ManifestText.Of(Read(toml)) == ManifestText.Of(map);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void What_the_product_writes_is_read_back_and_written_the_same() => Prop.ForAll(Arb.From(Values(3)), value =>
    {
        var text = TomlText.Of(value, int.MaxValue)!;
        var read = Read($"value = {text}").Members["value"];
        return ManifestText.Of(read) == ManifestText.Of(value) && TomlText.Of(read, int.MaxValue) == text && !text.Any(char.IsControl);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Theory]
    [InlineData("1979-05-27T07:32:00Z", "1979-05-27T07:32:00+00:00")]
    [InlineData("1979-05-27 07:32:00.120-07:30", "1979-05-27T07:32:00.12-07:30")]
    [InlineData("1979-05-27T07:32:00", "1979-05-27T07:32:00")]
    [InlineData("07:32:00.5", "07:32:00.5")]
    [InlineData("0x1F", "31")]
    [InlineData("1e3", "1000.0")]
    [InlineData("1e300", "1E+300")]
    [InlineData("-inf", "-inf")]
    [InlineData("nan", "nan")]
    [InlineData("'a\\b'", "\"a\\\\b\"")]
    [InlineData("\"\\u202e\\u0007\"", "\"\\U0000202E\\U00000007\"")]
    public void A_value_is_written_in_one_form(string toml, string written)
    {
        var text = TomlText.Of(Read($"value = {toml}").Members["value"], 100);
        Assert.Equal(written, text);
        Assert.Equal(written, TomlText.Of(Read($"value = {text}").Members["value"], 100));
    }

    [Fact]
    public void A_value_that_is_too_long_or_too_deep_is_not_written()
    {
        Assert.Null(TomlText.Of(new ScalarNode("long", 1), 5));
        ManifestNode deep = new ScalarNode(1L, 1);
        for (var i = 0; i < 30; i++)
        {
            var list = new ListNode(1);
            list.Items.Add(deep);
            deep = list;
        }

        Assert.Null(TomlText.Of(deep, 1_000));
    }

    // Pieces of TOML, so that random documents get far into the grammar before they go wrong.
    private static readonly string[] Fragments =
    [
        "a", "b", ".", " = ", "=", "1", "-", "+", "_", "0x", "0b1", "1.5", "e", "inf", "nan", "true", "1979-05-27", "T", " ", "07:32:00", "Z", "\"", "'",
        "\"\"\"", "'''", "\\", "\\u0041", "\\U0001F600", "[", "]", "[[", "]]", "{", "}", ",", "\n", "\r\n", "\r", "#", "\t", "\0", "é", "😀", "\ud800",
        "a = 1\n", "[a]\n", "[[a]]\n", "a.b = {c = 1}\n", "x = [1, 2]\n",
    ];

    internal static Gen<ManifestNode> Values(int depth)
    {
        var scalars = Gen.OneOf(
            Scalars<string>(s => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s ?? ""))),
            Scalars<long>(n => n),
            Scalars<bool>(b => b),
            Scalars<int>(n => n / 64.0),
            Scalars<ushort>(n => new DateOnly(1970, 1, 1).AddDays(n)));
        return depth == 0 ? scalars : Gen.OneOf(scalars, Values(depth - 1).ListOf().Select(ToList), Values(depth - 1).ListOf().Select(ToMap));

        static ManifestNode ToList(IEnumerable<ManifestNode> items)
        {
            var list = new ListNode(1);
            list.Items.AddRange(items);
            return list;
        }

        static ManifestNode ToMap(IEnumerable<ManifestNode> items)
        {
            var map = new MapNode(1);
            foreach (var item in items)
            {
                map.Members.Add($"key {map.Members.Count}", item);
            }

            return map;
        }
    }

    private static Gen<ManifestNode> Scalars<T>(Func<T, object> toValue) =>
        ArbMap.Default.GeneratorFor<T>().Select(v => (ManifestNode)new ScalarNode(toValue(v), 1));

    private static bool ReadsOrRefuses(string toml) => ReadsOrRefuses(Encoding.UTF8.GetBytes(toml));

    private static bool ReadsOrRefuses(byte[] toml)
    {
        try
        {
            TomlReader.Read(toml);
            return true;
        }
        catch (ManifestSyntaxException e)
        {
            return e.Line >= 1 && e.Line <= toml.Count(b => b == (byte)'\n') + 1 && e.Column >= 1;
        }
    }

    private static MapNode Read(string toml) => TomlReader.Read(Encoding.UTF8.GetBytes(toml));
}
