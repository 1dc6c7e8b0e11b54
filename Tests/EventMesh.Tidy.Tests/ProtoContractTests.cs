using System.Text.RegularExpressions;

namespace EventMesh.Tidy.Tests;

/// <summary>
/// Field numbers and types on the wire change only on purpose: <c>proto/contracts.lock</c> lists them, and a line once there may
/// only be removed together with a <c>reserved</c> statement. To take up an intended change, run the tests with
/// EVENTMESH_UPDATE_LOCKS=1 and commit the lock with the change.
/// </summary>
public sealed partial class ProtoContractTests
{
    private const string LockFile = "proto/contracts.lock";

    [Fact]
    public void Fields_AreThoseOfTheLock()
    {
        var actual = Contracts().ToList();
        if (Environment.GetEnvironmentVariable("EVENTMESH_UPDATE_LOCKS") == "1")
        {
            File.WriteAllLines(Path.Combine(Repository.Root, LockFile), actual);
        }

        var locked = Repository.Read(LockFile).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Findings.AssertNone(
            $"The protocol differs from {LockFile}.",
            locked.Except(actual).Select(line => $"gone or changed: {line}").Concat(actual.Except(locked).Select(line => $"not in the lock: {line}")));
    }

    [Fact]
    public void Numbers_AreUsedOnce() => Findings.AssertNone(
        "A number means one field of a message.",
        from line in Contracts()
        where !line.EndsWith(" rpc", StringComparison.Ordinal)
        let parts = line.Split(' ')
        group line by $"{parts[0]} {parts[1][..parts[1].LastIndexOf('.')]} {parts[^1]}" into same
        where same.Count() > 1
        select string.Join(" / ", same));

    private static IEnumerable<string> Contracts() =>
        Repository.Files(".proto").Where(path => path.StartsWith("proto/", StringComparison.Ordinal)).SelectMany(Contract);

    /// <summary>Lines such as <c>peerlink.v1 PeerMessage.event_batch EventBatch 16</c>, in the order of the file.</summary>
    private static IEnumerable<string> Contract(string path)
    {
        var package = "";
        var scopes = new Stack<string>();
        foreach (var line in Repository.Read(path).Split('\n').Select(line => Comment().Replace(line, "").Trim()))
        {
            if (Package().Match(line) is { Success: true } declared)
            {
                package = declared.Groups[1].Value;
            }
            else if (Rpc().Match(line) is { Success: true } rpc)
            {
                yield return $"{package} {scopes.Peek()}.{rpc.Groups[1].Value} {Space().Replace(rpc.Groups[2].Value, "")} rpc";
            }
            else if (Field().Match(line) is { Success: true } field)
            {
                yield return $"{package} {Message(scopes)}.{field.Groups[2].Value} {FieldType(field)} {field.Groups[3].Value}";
            }

            if (line.EndsWith('{'))
            {
                scopes.Push(line.StartsWith("oneof", StringComparison.Ordinal) ? "" : line.Split(' ')[1]);
            }

            if (line.StartsWith('}'))
            {
                scopes.Pop();
            }
        }
    }

    private static string FieldType(Match field) => field.Groups[1].Success ? Space().Replace(field.Groups[1].Value, "-") : "value";

    /// <summary>The message around a field: a oneof is no scope of its own.</summary>
    private static string Message(Stack<string> scopes) => string.Join('.', scopes.Where(scope => scope.Length > 0).Reverse());

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"^package ([\w.]+);$")]
    private static partial Regex Package();

    [GeneratedRegex(@"^rpc (\w+)\s*(\(.*?\) returns \(.*?\))")]
    private static partial Regex Rpc();

    [GeneratedRegex(@"^(?:((?:repeated |optional )?(?:map<[\w, .]+>|[\w.]+)) )?(\w+) = (\d+)(?: \[.*\])?;$")]
    private static partial Regex Field();
}
