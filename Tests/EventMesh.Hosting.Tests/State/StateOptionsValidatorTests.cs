using EventMesh.Grains.State;

namespace EventMesh.Hosting.Tests.State;

public sealed class StateOptionsValidatorTests
{
    [Fact]
    public void Validate_Defaults_Succeeds() => Assert.True(new StateOptionsValidator().Validate(null, new StateOptions()).Succeeded);

    [Fact]
    public void Validate_WhenAllAreWrong_NamesEachKeyAndItsRange()
    {
        var options = new StateOptions { MaxEntries = 0, MaxBytes = 1, MaxValueBytes = 2_000_000, CompactMinBytes = -1, CompactRatio = double.NaN };

        var failures = new StateOptionsValidator().Validate(null, options).Failures!.ToList();

        Assert.Equal(5, failures.Count);
        foreach (var key in new[] { "MaxEntries", "MaxBytes", "MaxValueBytes", "CompactMinBytes", "CompactRatio" })
        {
            Assert.Contains(failures, failure => failure.StartsWith($"EM4002 EventMesh:State:{key}: ", StringComparison.Ordinal));
        }
    }
}
