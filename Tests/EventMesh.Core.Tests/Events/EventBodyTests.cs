using Utf8Text = System.Text.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Events;

public sealed class EventBodyTests
{
    private static KeyValuePair<string, string> Header(string name, string value) => new(name, value);

    private static byte[] Encode(byte[] payload, params KeyValuePair<string, string>[] headers)
    {
        var body = new byte[EventBody.Measure(headers, payload.Length)];
        EventBody.Write(body, headers, payload);
        return body;
    }

    private static MeshErrorCode CodeOf(Action action) => Assert.Throws<EventMeshException>(action).Code;

    [Fact]
    public void RoundTrip_KeepsHeadersInOrderAndThePayload()
    {
        KeyValuePair<string, string>[] headers = [Header("b", "2"), Header("a", ""), Header("b", "größer €")];

        var body = Encode([1, 2, 3], headers);

        EventBody.Validate(body);
        Assert.Equal(headers, EventBody.Headers(body));
        Assert.Equal([1, 2, 3], EventBody.Payload(body).ToArray());
    }

    [Fact]
    public void Encode_IntoABufferOfTheCaller_AllocatesNothing()
    {
        KeyValuePair<string, string>[] headers = [Header("content-type", "application/json"), Header("region", "eu")];
        byte[] payload = [1, 2, 3];
        var body = Encode(payload, headers);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            EventBody.Write(body.AsSpan(0, EventBody.Measure(headers, payload.Length)), headers, payload);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Encode_WithoutHeaders_CostsOneByte() => Assert.Equal([0, 7, 8], Encode([7, 8]));

    [Fact]
    public void Measure_AtEachLimit_TakesTheLastAllowedOnly()
    {
        var most = Enumerable.Range(0, EventLimits.MaxHeaders).Select(i => Header($"h{i}", "v")).ToArray();
        var longest = Header("n", new string('v', EventLimits.MaxHeaderBytes - 1));

        EventBody.Validate(Encode([], most));
        EventBody.Validate(Encode([], longest));
        Assert.Equal(EventLimits.MaxEventBytes, EventBody.Measure([], EventLimits.MaxEventBytes - 1));
        Assert.Equal(MeshErrorCode.InvalidHeaders, CodeOf(() => EventBody.Measure([.. most, Header("x", "y")], 0)));
        Assert.Equal(MeshErrorCode.InvalidHeaders, CodeOf(() => EventBody.Measure([Header("nn", longest.Value)], 0)));
        Assert.Equal(MeshErrorCode.InvalidHeaders, CodeOf(() => EventBody.Measure([Header("", "v")], 0)));
        Assert.Equal(MeshErrorCode.EventTooLarge, CodeOf(() => EventBody.Measure([], EventLimits.MaxEventBytes)));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 1, 0 })]
    [InlineData(new byte[] { 1, 200 })]
    [InlineData(new byte[] { 1, 1, 5, (byte)'a' })]
    [InlineData(new byte[] { 1, 1, 1, 0xFF, 0 })]
    public void Validate_WhenDamaged_IsANumberedError(byte[] body) =>
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(() => EventBody.Validate(body)));

    [Fact]
    public void Validate_WhenAHeaderHasNoName_IsANumberedError() =>
        Assert.Equal(MeshErrorCode.InvalidHeaders, CodeOf(() => EventBody.Validate([1, 1, 0, 1, (byte)'v'])));

    [Fact]
    public void Validate_ForAnyBytes_TakesOrThrowsANumberedErrorAndNeverReadsBeyond() => Prop.ForAll(
        Gen.Choose(0, 255).Select(static value => (byte)value).ArrayOf().ToArbitrary(),
        bytes =>
        {
            try
            {
                EventBody.Validate(bytes);
                return EventBody.Payload(bytes).Length + EventBody.Headers(bytes).Sum(header => Utf8Text.UTF8.GetByteCount(header.Key + header.Value)) < bytes.Length;
            }
            catch (EventMeshException e)
            {
                return e.Code is MeshErrorCode.MalformedEvent or MeshErrorCode.InvalidHeaders;
            }
        }).Holds(3000);
}
