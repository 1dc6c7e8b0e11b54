using System.Collections.Concurrent;
using System.Collections.Immutable;
using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.Concurrency;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

/// <summary>Values of the framework and of our own that arrive as they were sent.</summary>
public sealed class ValueTests : IAsyncLifetime
{
    private static readonly Dictionary<string, object> Values = new()
    {
        ["text"] = "text",
        ["number"] = 42,
        ["enumeration"] = DayOfWeek.Friday,
        ["decimal"] = 1.5m,
        ["guid"] = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]),
        ["moment"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
        ["span"] = TimeSpan.FromSeconds(3),
        ["uri"] = new Uri("https://example.org/a"),
        ["bytes"] = new byte[] { 1, 2, 3 },
        ["strings"] = new[] { "a", "b" },
        ["jagged"] = new[] { new[] { 1 }, new[] { 2, 3 } },
        ["list"] = new List<string> { "a" },
        ["queue"] = new Queue<int>([1, 2, 3]),
        ["stack"] = new Stack<int>([1, 2, 3]),
        ["sorted set"] = new SortedSet<int> { 3, 1 },
        ["sorted dictionary"] = new SortedDictionary<string, int> { ["b"] = 2, ["a"] = 1 },
        ["concurrent"] = new ConcurrentDictionary<string, int>([KeyValuePair.Create("a", 1)]),
        ["immutable array"] = ImmutableArray.Create(1, 2),
        ["immutable list"] = ImmutableList.Create(new List<int> { 1 }, new List<int> { 2 }),
        ["immutable set"] = ImmutableHashSet.Create("a", "b"),
        ["immutable dictionary"] = ImmutableDictionary<string, int>.Empty.Add("a", 1),
        ["tuple"] = Tuple.Create("a", new List<int> { 1 }),
        ["value tuple"] = ("a", new List<int> { 1 }, 3.0),
        ["pair"] = KeyValuePair.Create("a", new List<int> { 1 }),
        ["nullables"] = new List<int?> { 1, null },
        ["wrapped"] = new Immutable<List<int>>([1, 2]),
    };

    private InProcessTestCluster _cluster = null!;

    public static TheoryData<string, bool> Names
    {
        get
        {
            TheoryData<string, bool> names = [];
            foreach (string name in Values.Keys)
            {
                names.Add(name, true);
                names.Add(name, false);
            }

            return names;
        }
    }

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Call_WhenValueIsKnown_ReturnsItsLike(string name, bool inSilo)
    {
        IGrainFactory factory = inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client;
        object value = Values[name];

        object answer = await factory.GetGrain<IEchoGrain>("a").ReturnAsync(value);

        Assert.Equal(value.GetType(), answer.GetType());
        Assert.Equivalent(value, answer, strict: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenComparerIgnoresCase_KeepsIt(bool inSilo)
    {
        IGrainFactory factory = inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client;
        Dictionary<string, int> value = new(StringComparer.OrdinalIgnoreCase) { ["Key"] = 1 };

        object answer = await factory.GetGrain<IEchoGrain>("a").ReturnAsync((object)value);

        Assert.Equal(1, ((Dictionary<string, int>)answer)["KEY"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenStructIsNullableAndHoldsAReference_CopiesWhatItHolds(bool inSilo)
    {
        IGrainFactory factory = inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client;
        Parcel parcel = new() { Content = new Box { Items = [1] }, Empty = null };

        Parcel answer = (Parcel)await factory.GetGrain<IEchoGrain>("a").ReturnAsync((object)parcel);

        Assert.Equal([1], answer.Content!.Value.Items);
        Assert.NotSame(parcel.Content.Value.Items, answer.Content.Value.Items);
        Assert.Null(answer.Empty);
    }
}
