using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class MembershipTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private IClusterMembershipService First => _cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterMembershipService>();

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(2);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task CurrentSnapshot_WhenClusterHasStarted_HoldsAllSilosAsActive()
    {
        await FollowUntilAsync(snapshot => _cluster.Silos.All(silo => snapshot.GetSiloStatus(silo.SiloAddress) == SiloStatus.Active));

        ClusterMember member = First.CurrentSnapshot.Members[_cluster.Silos[1].SiloAddress];
        Assert.Equal(_cluster.Silos[1].Name, member.Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MembershipUpdates_WhenASiloEnds_TellThatItIsDead(bool gracefully)
    {
        InProcessSiloHandle silo = _cluster.Silos[1];
        Task followed = FollowUntilAsync(snapshot => snapshot.GetSiloStatus(silo.SiloAddress) == SiloStatus.Dead);

        await (gracefully ? _cluster.StopSiloAsync(silo) : _cluster.KillSiloAsync(silo));

        await followed;
    }

    [Fact]
    public async Task MembershipUpdates_WhenASiloJoins_TellOfIt()
    {
        MembershipVersion before = First.CurrentSnapshot.Version;

        InProcessSiloHandle silo = await _cluster.StartAdditionalSiloAsync();

        await FollowUntilAsync(snapshot =>
            snapshot.Version > before && snapshot.GetSiloStatus(silo.SiloAddress) == SiloStatus.Active);
    }

    [Fact]
    public async Task Restart_WhenASiloComesBack_HasAGreaterGeneration()
    {
        InProcessSiloHandle old = _cluster.Silos[1];

        InProcessSiloHandle restarted = (await _cluster.RestartSiloAsync(old))!;

        Assert.True(restarted.SiloAddress.Generation > old.SiloAddress.Generation);
        Assert.True(restarted.IsActive);
        Assert.False(old.IsActive);
    }

    [Fact]
    public async Task Manifest_WhenClusterHasStarted_NamesEachSilosGrains()
    {
        IClusterManifestProvider manifests = _cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterManifestProvider>();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));

        await foreach (ClusterManifest manifest in manifests.Updates.WithCancellation(limit.Token))
        {
            if (_cluster.Silos.All(silo => manifest.Silos.ContainsKey(silo.SiloAddress)))
            {
                Assert.All(manifest.Silos.Values, one => Assert.Contains(GrainType.Create("echo"), one.Grains.Keys));
                return;
            }
        }

        Assert.Fail("The manifest never named both silos.");
    }

    [Fact]
    public void SiloAddress_WhenPrintedAndParsed_IsTheSame()
    {
        SiloAddress address = _cluster.Silos[0].SiloAddress;

        Assert.Equal(address, SiloAddress.FromParsableString(address.ToParsableString()));
        Assert.Equal(address, _cluster.Silos[0].ServiceProvider.GetRequiredService<ILocalSiloDetails>().SiloAddress);
    }

    private Task FollowUntilAsync(Func<ClusterMembershipSnapshot, bool> expected)
    {
        return Follow().Within("the membership that the test expects");

        async Task Follow()
        {
            await foreach (ClusterMembershipSnapshot snapshot in First.MembershipUpdates)
            {
                if (expected(snapshot))
                {
                    return;
                }
            }
        }
    }
}
