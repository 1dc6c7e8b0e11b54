using System.Net;
using System.Text.Json;

namespace EventMesh.Client.Tests.Doors;

public sealed class HealthEndpointTests
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Get_WhenAllIsWell_AnswersOk(string path)
    {
        await using var host = await DoorHost.StartAsync();
        using var client = new HttpClient();

        using var response = await client.GetAsync(new Uri(host.HttpUrl + path));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("ok", (await JsonAsync(response)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Get_WhenNotReady_AnswersUnavailableWithTheProblems()
    {
        await using var host = await DoorHost.StartAsync();
        host.Node.Current = new(true, false, ["The table is not complete."], []);
        using var client = new HttpClient();

        using var live = await client.GetAsync(new Uri(host.HttpUrl + "/health/live"));
        using var ready = await client.GetAsync(new Uri(host.HttpUrl + "/health/ready"));

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("The table is not complete.", (await JsonAsync(ready)).GetProperty("problems")[0].GetString());
    }

    [Fact]
    public async Task Get_WhenThereIsAWarning_AnswersOkAndSaysIt()
    {
        await using var host = await DoorHost.StartAsync();
        host.Node.Current = new(true, true, [], ["One range is damaged."]);
        using var client = new HttpClient();

        using var ready = await client.GetAsync(new Uri(host.HttpUrl + "/health/ready"));

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("One range is damaged.", (await JsonAsync(ready)).GetProperty("warnings")[0].GetString());
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
}
