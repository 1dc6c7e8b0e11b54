// A silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;

using EventMesh.StandIns.Calls;

using Microsoft.Extensions.Logging;

using Orleans.Metadata;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// Its address, its grain classes, its activations and its end of calls. Ends gracefully, stage by stage, or by <see cref="Crash"/>, after
/// which it is out of the cluster whatever its code still does.
/// </summary>
internal sealed class Silo : ILocalSiloDetails, IDisposable
{
    /// <summary>Never disposed: whoever follows the membership may look at its token later.</summary>
    private readonly CancellationTokenSource _ended = new();

    public Silo(IServiceProvider services, Cluster cluster, TimeProvider time, ILoggerFactory loggers)
    {
        Services = services;
        Cluster = cluster;
        Time = time;
        Settings = SiloSettings.From(services);
        Log = new SiloLog(loggers.CreateLogger("Orleans.Runtime.Silo"));
        Address = SiloAddress.New(Settings.Endpoint.AdvertisedIPAddress, Settings.Endpoint.SiloPort, SiloAddress.AllocateNewGeneration());
        GatewayAddress = SiloAddress.New(Settings.Endpoint.AdvertisedIPAddress, Settings.Endpoint.GatewayPort, 0);
        Classes = ReadClasses(Settings, services);
        Manifest = CreateManifest(Classes.Values);
        Sender = new CallSender(cluster, this, Settings.Messaging, time);
        Activations = new SiloActivations(this);
        cluster.Observers.AddOwner(OwnerId, Sender);
        cluster.Join(this);
    }

    public IServiceProvider Services { get; }

    public Cluster Cluster { get; }

    public TimeProvider Time { get; }

    public SiloSettings Settings { get; }

    public SiloLog Log { get; }

    public SiloAddress Address { get; }

    public SiloAddress GatewayAddress { get; }

    public FrozenDictionary<GrainType, GrainClass> Classes { get; }

    public GrainManifest Manifest { get; }

    public CallSender Sender { get; }

    public SiloActivations Activations { get; }

    public string Name => Settings.Name;

    /// <summary>Names the silo as the owner of its observers.</summary>
    public string OwnerId => Address.ToParsableString();

    public SiloStatus Status => Cluster.Members.StatusOf(Address);

    public CancellationToken Ended => _ended.Token;

    SiloAddress ILocalSiloDetails.SiloAddress => Address;

    string ILocalSiloDetails.ClusterId => Settings.Ids.ClusterId;

    string ILocalSiloDetails.DnsHostName => Dns.GetHostName();

    /// <summary>Leaves the cluster at once: activations vanish without a word and calls under way to or from here fail.</summary>
    public void Crash()
    {
        if (Leave())
        {
            Log.Crashed(Address);
        }
    }

    /// <summary>The last step of a graceful stop. False: it had left before.</summary>
    public bool Leave()
    {
        if (!Cluster.Members.TrySetStatus(this, SiloStatus.Dead))
        {
            return false;
        }

        Cluster.Leave(this);
        Cluster.Observers.RemoveOwner(OwnerId);
        List<GrainCall> lost = Activations.Vanish();
        Sender.Stop("The local Orleans host is shutting down and can no longer process the request.");
        foreach (GrainCall call in lost)
        {
            call.Fail(new SiloUnavailableException(
                $"The target silo {Address} became unavailable, so the outcome is unknown for message: {call}."));
        }

        _ended.Cancel();
        return true;
    }

    public void Dispose()
    {
        Leave();
        Sender.Dispose();
        Activations.Dispose();
    }

    public override string ToString() => $"Silo: {Address}";

    private static FrozenDictionary<GrainType, GrainClass> ReadClasses(SiloSettings settings, IServiceProvider services)
    {
        Dictionary<GrainType, GrainClass> classes = [];
        foreach (Type type in settings.Types.Classes.Where(ApplicationParts.IsGrainClass))
        {
            GrainClass read = new(type, settings.Collection, services);
            if (!classes.TryAdd(read.GrainType, read))
            {
                throw new OrleansConfigurationException(
                    $"{type} and {classes[read.GrainType].Type} have the same grain type, {read.GrainType}.");
            }
        }

        return classes.ToFrozenDictionary();
    }

    private static GrainManifest CreateManifest(IEnumerable<GrainClass> classes) => new(
        classes.ToImmutableDictionary(
            grainClass => grainClass.GrainType,
            grainClass => new GrainProperties(ImmutableDictionary<string, string>.Empty
                .Add("type-name", grainClass.Type.Name)
                .Add("full-type-name", grainClass.Type.FullName!))),
        classes.SelectMany(grainClass => grainClass.Interfaces).Distinct().ToImmutableDictionary(
            contract => GrainInterfaceType.Create(contract.FullName!),
            contract => new GrainInterfaceProperties(ImmutableDictionary<string, string>.Empty.Add("type-name", contract.Name))));
}
