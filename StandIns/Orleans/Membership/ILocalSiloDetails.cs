// Who this silo is.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Runtime;

public interface ILocalSiloDetails
{
    string Name { get; }

    string ClusterId { get; }

    string DnsHostName { get; }

    SiloAddress SiloAddress { get; }

    SiloAddress GatewayAddress { get; }
}
