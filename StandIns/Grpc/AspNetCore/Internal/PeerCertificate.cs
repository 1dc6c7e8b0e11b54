// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What a client certificate says of its owner.</summary>
internal static class PeerCertificate
{
    private const string DnsName = "x509_subject_alternative_name";
    private const string CommonName = "x509_common_name";

    private static readonly AuthContext Unauthenticated = new(null, []);

    public static AuthContext Describe(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return Unauthenticated;
        }

        var dnsNames = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames())
            .Select(name => AuthProperty.Create(DnsName, Encoding.UTF8.GetBytes(name)))
            .ToList();
        var commonName = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        var properties = new Dictionary<string, List<AuthProperty>>
        {
            [CommonName] = [AuthProperty.Create(CommonName, Encoding.UTF8.GetBytes(commonName))],
        };
        if (dnsNames.Count > 0)
        {
            properties[DnsName] = dnsNames;
        }

        return new AuthContext(dnsNames.Count > 0 ? DnsName : CommonName, properties);
    }
}
