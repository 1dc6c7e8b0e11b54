using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>Flags, configuration keys and environment variables of the silo.</summary>
public sealed class ConfigurationTests(ITestOutputHelper output) : MeshTest(output)
{
    private const int Refused = 2;

    [Theory]
    [InlineData("--node-id", "not an id", "EventMesh:NodeId")]
    [InlineData("--peer-listen", "nowhere", "EventMesh:PeerListen")]
    [InlineData("--connect-peer", "east", "EventMesh:ConnectPeer")]
    [InlineData("--connect-peer", "east=127.0.0.1:1,east=127.0.0.1:2", "EventMesh:ConnectPeer")]
    [InlineData("--http-port", "99999", "EventMesh:HttpPort")]
    [InlineData("--http-port", "many", "EventMesh:HttpPort")]
    [InlineData("--storage", "stone", "EventMesh:Storage:Kind")]
    [InlineData("--storage", "7", "EventMesh:Storage:Kind")]
    [InlineData("--log-level", "loud", "EventMesh:LogLevel")]
    public async Task Silo_WhenAFlagIsWrong_RefusesItByItsKey(string flag, string value, string key)
    {
        var silo = Run(BuiltPrograms.Silo, [flag, value]);

        Assert.Equal(Refused, await silo.ExitAsync());
        Assert.Contains("EM4002 ", Assert.Single(silo.Output.Lines, line => line.Contains(key, StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(0, silo.Output.Count("   at "));
        Assert.Equal(0, silo.Output.Count("EventMesh node "));
    }

    [Theory]
    [InlineData("--node-ids", "x", "'--node-ids' is not a flag")]
    [InlineData("--node-id", "--log-level", "--node-id needs a value")]
    public async Task Silo_WhenTheCommandLineCannotBeRead_SaysWhere(string first, string second, string message)
    {
        var silo = Run(BuiltPrograms.Silo, [first, second]);

        Assert.Equal(Refused, await silo.ExitAsync());
        await silo.Output.LineAsync(message);
    }

    [Theory]
    [InlineData("EventMesh__Links__HeartbeatInterval", "1.00:00:00", "HeartbeatInterval")]
    [InlineData("EventMesh__Links__CreditBytes", "plenty", "EventMesh:Links:CreditBytes")]
    [InlineData("EventMesh__Storage__Files__SegmentBytes", "1", "EventMesh:Storage:Files:SegmentBytes")]
    [InlineData("EventMesh__Storage__Files__GroupBytes", "many", "EventMesh:Storage:Files:GroupBytes")]
    [InlineData("EventMesh__HttpPort", "-1", "EventMesh:HttpPort")]
    [InlineData("EventMesh__ConnectPeer", "east", "EventMesh:ConnectPeer")]
    public async Task Silo_WhenAVariableIsWrong_RefusesItByItsKey(string variable, string value, string key)
    {
        var silo = Run(BuiltPrograms.Silo, [], new Dictionary<string, string> { [variable] = value });

        Assert.Equal(Refused, await silo.ExitAsync());
        await silo.Output.LineAsync(key);
        Assert.Equal(0, silo.Output.Count("   at "));
    }

    [Fact]
    public async Task Silo_WhenSetByVariables_TakesThemAndFlagsGoFirst()
    {
        var node = await StartAsync("flagged", [], new Dictionary<string, string>
        {
            ["EventMesh__NodeId"] = "variable",
            ["EventMesh__ConnectPeer"] = "east=127.0.0.1:1,south=127.0.0.1:1",
            ["EventMesh__LogLevel"] = "warning",
        });

        var peers = await node.Client.ListPeersAsync();

        Assert.Equal("flagged", (await node.Client.GetHealthAsync()).Node);
        Assert.Equal(["east", "south"], peers.Select(static peer => peer.Peer));
        Assert.Equal(0, node.Output.Count(" info: "));
    }

    [Theory]
    [InlineData("EventMesh__Storage__Path", "there", "EventMesh:EventLogPath", "EventMesh:Storage:Path")]
    [InlineData("EventMesh__Storage__Kind", "memory", "EventMesh:EventLogPath", "EventMesh:Storage:Kind")]
    public async Task Silo_WhenKeysContradictThePath_NamesBoth(string variable, string value, string first, string second)
    {
        var silo = Run(BuiltPrograms.Silo, ["--eventlog-path", "here"], new Dictionary<string, string> { [variable] = value });

        Assert.Equal(Refused, await silo.ExitAsync());
        Assert.Contains(second, Assert.Single(silo.Output.Lines, line => line.Contains(first, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WhenAPortIsTaken_SaysWhichKeyToChange()
    {
        var first = await StartAsync("first");
        var second = Run(BuiltPrograms.Silo, ["--http-port", first.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--peer-listen", ""]);

        Assert.Equal(1, await second.ExitAsync());
        await second.Output.LineAsync("EventMesh:HttpPort");
        Assert.Equal(0, second.Output.Count("   at "));
    }
}
