using EventMesh.Client.Events;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>Holds a log or a subscriber to the promise: every event of an origin once, in its order, and a gap for what is missing.</summary>
internal static class OriginCheck
{
    /// <summary>Fails at the first record of <paramref name="origin"/> that repeats, goes back, or leaves out events without a gap before it.</summary>
    public static void AssertNothingSilent(IEnumerable<MeshEvent> records, string origin)
    {
        var last = Position.None;
        var beganAgain = false;
        foreach (var record in records.Where(record => record.Origin.Value == origin))
        {
            if (record.Gap is { } gap)
            {
                Assert.True(gap.From <= last && (gap.To > last || gap.Reason == GapReason.OriginRewound), $"After {last} comes the gap {gap}.");
                beganAgain = gap.Reason == GapReason.OriginRewound;
                last = gap.To > last ? gap.To : last;
                continue;
            }

            var follows = record.Position.Sequence == last.NextSequence && record.Position > last;
            var begins = beganAgain && record.Position.Incarnation > last.Incarnation;
            Assert.True(follows || begins, $"After {last} comes {Payloads.Describe(record)}.");
            last = record.Position;
            beganAgain = false;
        }
    }
}
