using System.Globalization;
using EventMesh.TestKit;

namespace EventMesh.Storage.Tests.Files.Mutations;

/// <summary>Bytes of every kind of a store's files are changed: it opens, in bounded time and memory, and what comes back is what was written, or damage is reported and the record is named.</summary>
public sealed class MutationTests
{
    // How many seeds, and the first of them: a soak runs more than the tests do.
    private const string SeedsVariable = "EVENTMESH_MUTATION_SEEDS";
    private const string FirstSeedVariable = "EVENTMESH_MUTATION_FIRST_SEED";
    private const int Seeds = 2000;

    [Fact]
    [Trait("Kind", "Mutations")]
    public void Open_WhenAnyFileIsChanged_SaysSoOrSaysWhatItSaid() => SeededRandom.Run(Number(FirstSeedVariable, 1), Number(SeedsVariable, Seeds), static random =>
    {
        var store = BaseStore.All[random.Next(BaseStore.All.Count)];
        var mutation = Mutation.Make(store, random);
        var check = new MutatedStore(store, mutation).CheckAsync();
        Assert.True(check.IsCompleted, "reading waited");
        if (check.Exception?.InnerException is { } failure)
        {
            throw new InvalidOperationException($"Store '{store.Name}', {mutation.What}: {failure.Message}", failure);
        }
    });

    [Fact]
    public void Open_WhenNothingIsChanged_ReportsNothing()
    {
        foreach (var store in BaseStore.All)
        {
            var opened = Recovery.Reopening.Open(Golden.GoldenStore.Copy(store.Files));

            Assert.Equal(0, opened.DamagedRanges);
            Assert.Equal(store.Journal.Expected.ToString(), Recovery.StoreContents.Of(opened).ToString());
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
