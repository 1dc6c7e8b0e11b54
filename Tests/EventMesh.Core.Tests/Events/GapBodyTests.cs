using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.TestKit.Logs;

namespace EventMesh.Core.Tests.Events;

public sealed class GapBodyTests
{
    private static readonly NodeId East = NodeId.Parse("east");

    public static TheoryData<Gap> Gaps => new(
        new Gap(East, Position.None, Batches.At(1, 0), GapReason.BeforeInterest),
        new Gap(East, Batches.At(1, 4), Batches.At(long.MaxValue, long.MaxValue - 1), GapReason.Trimmed),
        new Gap(NodeId.Parse(new string('n', NodeId.MaxLength)), Batches.At(2, 0), Batches.At(2, 1), GapReason.Refused, MeshErrorCode.EventTooLarge),
        new Gap(default, Position.None, Position.None, GapReason.Trimmed));

    [Theory]
    [MemberData(nameof(Gaps))]
    public void RoundTrip_KeepsEverything(Gap gap) => Assert.Equal(gap, GapBody.Decode(GapBody.Encode(gap)));

    [Fact]
    public void Decode_OfAnyFrontOrChangedByte_TakesOrThrowsANumberedError()
    {
        var whole = GapBody.Encode(new Gap(East, Batches.At(1, 4), Batches.At(2, 9), GapReason.Refused, MeshErrorCode.EventTooLarge));
        for (var at = 0; at < whole.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var damaged = whole.ToArray();
                damaged[at] = (byte)value;
                AssertTakenOrMalformed(damaged);
            }

            AssertTakenOrMalformed(whole[..at]);
        }

        static void AssertTakenOrMalformed(byte[] body)
        {
            try
            {
                Assert.NotNull(GapBody.Decode(body));
            }
            catch (EventMeshException e)
            {
                Assert.Equal(MeshErrorCode.MalformedEvent, e.Code);
            }
        }
    }

    [Fact]
    public void Validate_RefusesWhatNamesNoRunOfEvents()
    {
        var sound = new Gap(East, Batches.At(1, 4), Batches.At(1, 5), GapReason.Trimmed);

        sound.Validate();
        foreach (var gap in new[] { sound with { To = sound.From }, sound with { To = Position.None }, sound with { Origin = default }, sound with { Reason = 0 } })
        {
            Assert.Equal(MeshErrorCode.MalformedFrame, Assert.Throws<EventMeshException>(gap.Validate).Code);
        }
    }
}
