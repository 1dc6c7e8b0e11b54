using System.Xml.Linq;

namespace EventMesh.Tidy.Tests;

public sealed class ProjectArrowTests
{
    /// <summary>What each room may reference. Tests, samples and benchmarks may see all; nothing may see them.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Core"] = [],
        ["Storage"] = ["Core"],
        ["PeerLink"] = ["Core"],
        ["Protocol"] = [],
        ["PeerLink.Grpc"] = ["PeerLink", "Protocol"],
        ["Grains.Interfaces"] = ["Core"],
        ["Grains"] = ["Storage", "PeerLink", "Grains.Interfaces"],
        ["Hosting"] = ["Grains", "PeerLink.Grpc", "Protocol"],
        ["Silo"] = ["Hosting"],
        ["Client"] = ["Core", "Grains.Interfaces", "Protocol"],
        ["Cli"] = ["Client", "Storage"],
        ["StandIns"] = [],
    };

    private static readonly string[] MaySeeOrleans = ["Grains.Interfaces", "Grains", "Hosting", "Silo", "Client", "Tests", "Benchmarks", "samples"];

    private static readonly string[] MaySeeGrpc = ["Protocol", "PeerLink.Grpc", "Hosting", "Silo", "Client", "Tests", "Benchmarks", "samples"];

    private static readonly string[] Open = ["Tests", "Benchmarks", "samples", "eng"];

    [Fact]
    public void Projects_ReferenceOnlyWhatTheirRoomMay() => Findings.AssertNone(
        "The arrows of docs/architecture.md point one way.",
        from project in Projects()
        where !Open.Contains(project.Room)
        from target in project.References
        where !Arrows[project.Room].Contains(target)
        select $"{project.Path} -> {target}");

    [Fact]
    public void Projects_KnowOrleansAndGrpcOnlyWhereTheyMay() => Findings.AssertNone(
        "Orleans and gRPC packages stay in the rooms that are made of them.",
        from project in Projects()
        where project.Room is not ("StandIns" or "eng")
        from package in project.Packages
        where (package.StartsWith("Microsoft.Orleans", StringComparison.Ordinal) && !MaySeeOrleans.Contains(project.Room))
            || (IsGrpc(package) && !MaySeeGrpc.Contains(project.Room))
        select $"{project.Path} -> {package}");

    [Fact]
    public void Sources_NameOrleansAndGrpcOnlyWhereTheyMay() => Findings.AssertNone(
        "A using directive reaches around the project arrows.",
        from source in Repository.Sources
        let room = source.Path.Split('/')[0]
        where room is not "StandIns"
        from directive in source.Syntax.DescendantNodes().OfType<Microsoft.CodeAnalysis.CSharp.Syntax.UsingDirectiveSyntax>()
        let name = directive.Name?.ToString() ?? ""
        where (IsIn(name, "Orleans") && !MaySeeOrleans.Contains(room)) || (IsIn(name, "Grpc") && !MaySeeGrpc.Contains(room))
        select $"{source.Place(directive)}: {name}");

    [Fact]
    public void Projects_LeaveVersionsToTheCentralFile() => Findings.AssertNone(
        "Versions stand in Directory.Packages.props alone.",
        from project in Projects()
        from element in project.Xml.Descendants("PackageReference")
        where element.Attribute("Version") is not null || element.Attribute("VersionOverride") is not null
        select $"{project.Path}: {element}");

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        var solution = Repository.Read("EventMesh.Orleans.sln").Replace('\\', '/');

        Findings.AssertNone(
            "Every project is in EventMesh.Orleans.sln.",
            Projects().Where(project => project.Room != "eng" && !solution.Contains(project.Path, StringComparison.Ordinal)).Select(project => project.Path));
    }

    private static bool IsGrpc(string package) =>
        package.StartsWith("Grpc.", StringComparison.Ordinal) || package.StartsWith("Google.Protobuf", StringComparison.Ordinal);

    private static bool IsIn(string name, string space) =>
        name == space || name.StartsWith(space + ".", StringComparison.Ordinal);

    private static IEnumerable<Project> Projects() => Repository.Files(".csproj").Select(path => new Project(path, XDocument.Parse(Repository.Read(path))));

    private sealed record Project(string Path, XDocument Xml)
    {
        public string Room => Path.Split('/')[0];

        public IEnumerable<string> Packages => Xml.Descendants("PackageReference").Select(element => element.Attribute("Include")!.Value);

        public IEnumerable<string> References => Xml.Descendants("ProjectReference").Select(element => Target(element.Attribute("Include")!.Value));

        private string Target(string include)
        {
            var folder = System.IO.Path.Combine(Repository.Root, System.IO.Path.GetDirectoryName(Path)!);
            var full = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, include.Replace('\\', '/')));
            return System.IO.Path.GetRelativePath(Repository.Root, full).Split('/', '\\')[0];
        }
    }
}
