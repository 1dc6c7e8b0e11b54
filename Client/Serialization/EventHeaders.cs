namespace EventMesh.Client.Serialization;

/// <summary>Names of the headers that typed publishing sets.</summary>
public static class EventHeaders
{
    /// <summary>How the payload is encoded, such as <c>application/json</c>.</summary>
    public const string ContentType = "content-type";

    /// <summary>The name of the payload's type.</summary>
    public const string TypeName = "event-type";
}
