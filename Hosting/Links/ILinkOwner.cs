using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.Hosting.Links;

/// <summary>What a running link tells and asks its gateway. Calls come from the link's loop, one after another; they return quickly.</summary>
internal interface ILinkOwner
{
    /// <summary>The peer has said who it is: decides whether the link stays.</summary>
    LinkAdmission Identify(LinkRunner link, LinkIdentity identity);

    /// <summary>Frames flow.</summary>
    void Established(LinkRunner link);

    /// <summary>The session's view of the link's health has changed.</summary>
    void HealthChanged(LinkRunner link, LinkHealth health);

    /// <summary>Makes <paramref name="request"/>'s patterns the peer's interest on every silo, for as long as this is the peer's link.</summary>
    ValueTask<long> ApplyInterestAsync(LinkRunner link, ApplyRemoteInterest request, CancellationToken cancellationToken);
}

/// <summary>The decision on a link whose peer is known; an admitted one gets what is remembered of the peer.</summary>
internal readonly record struct LinkAdmission(LinkVerdict Verdict, PeerMemory? Memory);
