using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using static EventMesh.Storage.Tests.Files.Tools.ToolHarness;

namespace EventMesh.Storage.Tests.Files.Tools;

public sealed class StoreVerificationTests
{
    /// <summary>Nothing that a node does by itself may be called damage: beside it, after it was closed, and after power has failed.</summary>
    [Fact]
    public async Task Run_WhateverASoundNodeHasDone_FindsNothing()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            await using var harness = new ToolHarness(seed);
            var workload = new ToolWorkload(harness, seed);
            for (var round = 0; round < 4; round++)
            {
                await workload.RunAsync(40);
                AssertSound(Verify(harness.Directory), $"seed {seed}, round {round}, open");
            }

            await harness.Store.DisposeAsync();
            AssertSound(Verify(harness.Directory), $"seed {seed}, closed");
        }
    }

    [Fact]
    public async Task Run_WhenPowerHasFailed_TellsWhatWasNeverAcknowledgedFromDamage()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            await using var harness = new ToolHarness(seed);
            var workload = new ToolWorkload(harness, seed);
            await workload.RunAsync(60);
            var fails = harness.Directory.Operations + seed % 7;
            harness.Directory.Plan = operation => operation.Number >= fails ? DeviceFault.PowerFailure : DeviceFault.None;
            try
            {
                await workload.RunAsync(100);
            }
            catch (Exception e) when (e is IOException or EventMeshException)
            {
                // The end of the workload, not of the test.
                Assert.True(harness.Directory.IsDead);
            }

            AssertSound(Verify(harness.Directory.Crash(seed)), $"seed {seed}");
        }
    }

    [Fact]
    public async Task Run_WhenAllIsWell_CountsWhatItHasSeen()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, Batches.Of("a", "b", "c"));
        await harness.ReplicateAsync(Orders, 7, Position.None, "far");
        await harness.FillSegmentsAsync(Audit, 1);
        var progress = new Recorded();

        var report = StoreVerification.Run(harness.Directory, progress, CancellationToken.None);

        Assert.Equal((2, 2, report.LastGroup), (report.Segments, report.Topics, report.Groups));
        Assert.Equal(4 + (report.Groups - 2), report.Events);
        Assert.True(report.Bytes > 16 * 1024);
        Assert.Empty(report.Findings);
        Assert.Equal(progress.Told[^1].DoneBytes, progress.Told.Max(static told => told.DoneBytes));
    }

    /// <summary>Every byte that means anything, in every kind of file.</summary>
    [Fact]
    public async Task Run_WhenAnyBitOfAClosedStoreIsTurned_SaysWhere()
    {
        await using var harness = new ToolHarness(seed: 3);
        await new ToolWorkload(harness, 3).RunAsync(60);
        await harness.Store.DisposeAsync();
        AssertSound(Verify(harness.Directory), "before");
        var turned = 0;
        foreach (var name in harness.Segments())
        {
            foreach (var (position, what) in Meaningful(harness.Directory, name))
            {
                harness.Directory.Flip(name, position, turned % 8);

                var report = Verify(harness.Directory);

                Assert.True(
                    report.Findings.Any(finding => finding.Kind == StoreFindingKind.Damage && finding.WhatToDo.Length > 0), $"{name}, {what}, byte {position}, bit {turned % 8}");
                harness.Directory.Flip(name, position, turned % 8);
                turned++;
            }
        }

        AssertSound(Verify(harness.Directory), "after");
        Assert.True(turned > 300, $"{turned} bits");
    }

    [Fact]
    public async Task Run_WhenASegmentIsGone_NamesTheTopicsThatHaveAHole()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 4);
        await harness.Store.DisposeAsync();
        harness.Directory.Delete(harness.Segments()[1]);

        var report = Verify(harness.Directory);

        Assert.Equal(2, report.DamageCount);
        Assert.Equal("Segments 2 to 2 are missing, and nobody gave them up.", report.Findings[0].What);
        Assert.Equal(harness.Segments()[1], report.Findings[1].File);
        Assert.Contains($"Topic '{Orders}' goes on at offset", report.Findings[1].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhenTheEndOfAClosedStoreIsGone_NamesTheGroups()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 2);
        await harness.AppendAsync(Orders, "last");
        await harness.Store.DisposeAsync();
        harness.Directory.Delete(harness.Segments()[^1]);

        var report = Verify(harness.Directory);

        Assert.Equal(2, report.DamageCount);
        Assert.Contains("are missing: they are known to have been flushed", report.Findings[0].What, StringComparison.Ordinal);
        Assert.Equal("Segments 3 to 3 are missing, and nobody gave them up.", report.Findings[1].What);
    }

    [Fact]
    public async Task Run_WhenTheLastGroupOfAnOpenStoreIsNotWhole_TakesItForUnfinished()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a", "b", "c");
        var name = harness.Segments()[0];
        var end = StoreSurvey.Take(harness.Directory, new InspectOptions(), null, CancellationToken.None).Segments[0].UsedBytes;
        harness.Directory.Flip(name, end - GroupHeader.Alignment, 0);

        var open = Verify(harness.Directory);
        harness.Directory.Flip(name, end - GroupHeader.Alignment, 0);
        await harness.Store.DisposeAsync();
        harness.Directory.Flip(name, end - GroupHeader.Alignment, 0);
        var closed = Verify(harness.Directory);

        Assert.True(open.IsSound);
        Assert.Equal((StoreFindingKind.Note, 2), (Assert.Single(open.Findings).Kind, open.LastGroup));
        Assert.False(closed.IsSound);
    }

    [Fact]
    public async Task Run_WhenTheNodeHasDealtWithDamage_CallsItKnown()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a", "bbbb", "c");
        await harness.AppendAsync(Audit, "x");
        var name = harness.Segments()[0];
        harness.Directory.Flip(name, SegmentHeader.PageBytes + (2 * 128) + 30, 0);
        var before = Verify(harness.Directory);
        await harness.KillAsync();
        await harness.AppendAsync(Orders, "d");

        var after = Verify(harness.Directory);

        Assert.Equal((1, 0), (before.DamageCount, before.KnownCount));
        Assert.Equal((0, 1), (after.DamageCount, after.KnownCount));
    }

    [Fact]
    public async Task Run_WhenTheNodeGivesSegmentsBackMeanwhile_FindsNothing()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Audit, "kept");
        await harness.FillSegmentsAsync(Orders, 5);
        var names = harness.Segments();
        var isGone = false;
        var directory = new WatchedDirectory(harness.Directory, name =>
        {
            // In front of the third segment, which has been listed, the node takes it and what is behind.
            if (name == names[2] && !isGone)
            {
                isGone = true;
                Task.Run(async () =>
                {
                    await harness.TrimAsync(Orders, (await harness.NextOffsetAsync(Orders)).Value - 1);
                    await harness.FillSegmentsAsync(Orders, 1);
                    harness.Clean();
                }).GetAwaiter().GetResult();
                Assert.DoesNotContain(names[2], harness.Segments());
            }
        });

        var report = StoreVerification.Run(directory, null, CancellationToken.None);

        Assert.True(isGone);
        AssertSound(report, "with segments given back");
    }

    [Theory]
    [InlineData("next offset")]
    [InlineData("position")]
    [InlineData("runs")]
    [InlineData("directory")]
    public async Task Run_WhenAFooterSaysSomethingElse_SaysWhat(string what)
    {
        await using var harness = new ToolHarness();
        await harness.ReplicateAsync(Orders, 7, Position.None, "far", "farther");
        await harness.AppendAsync(Orders, "a");
        await harness.Store.DisposeAsync();
        Reseal(harness.Directory, harness.Segments()[0], what);

        var finding = Assert.Single(Verify(harness.Directory).Findings);

        Assert.Contains(what, finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhenTheStoresFileIsDamaged_SaysSoAndChecksTheRest()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        await harness.Store.DisposeAsync();
        harness.Directory.Flip(StoreFile.Name, 30, 1);

        var one = Verify(harness.Directory);
        harness.Directory.Flip(StoreFile.Name, StoreState.SlotBytes + 30, 1);
        var both = Verify(harness.Directory);

        Assert.Equal((true, StoreFindingKind.Note), (one.IsSound, Assert.Single(one.Findings).Kind));
        Assert.Equal((false, 1), (both.IsSound, both.Events));
    }

    private static VerifyReport Verify(FaultyDirectory directory) => StoreVerification.Run(directory, null, CancellationToken.None);

    private static void AssertSound(VerifyReport report, string when) =>
        Assert.True(report.IsSound && report.KnownCount == 0, $"{when}: {string.Join(Environment.NewLine, report.Findings)}");

    /// <summary>Bytes of a sealed segment: some of each part that a checksum is over, and where they are.</summary>
    private static List<(long Position, string What)> Meaningful(FaultyDirectory directory, string name)
    {
        using var file = directory.Open(name, writable: false);
        Span<byte> page = new byte[SegmentHeader.PageBytes];
        var header = SegmentHeader.Read(page[..file.Read(0, page)], out _)!;
        var trailer = FooterReader.ReadTrailer(file, header.Number, header.Generation)!.Value;
        var found = new List<(long, string)>();
        void Some(long from, long length, string what)
        {
            for (var at = 0L; at < length; at += Math.Max(1, length / 9))
            {
                found.Add((from + at, what));
            }
        }

        Some(0, 80, "header");
        var scanner = new SegmentScanner(file, header, trailer.FooterPosition);
        while (scanner.Next() is { } group)
        {
            Some(group.Position, 52, "group header");
            Some(group.Position + GroupHeader.Bytes, group.Length - GroupHeader.Bytes - GroupHeader.Alignment, "table and records");
        }

        foreach (var entry in FooterReader.ReadDirectory(file, trailer)!)
        {
            Some(entry.Slice.Position, entry.Slice.Length, "section");
        }

        Some(trailer.DirectoryPosition, trailer.DirectoryBytes, "directory");
        Some(file.Length - FooterTrailer.Bytes, FooterTrailer.Bytes, "trailer");
        return found;
    }

    /// <summary>Gives a segment a footer that is sound by its checksums, but does not say what the groups say.</summary>
    private static void Reseal(FaultyDirectory directory, string name, string what)
    {
        using var file = directory.Open(name, writable: true);
        Span<byte> page = new byte[SegmentHeader.PageBytes];
        var header = SegmentHeader.Read(page[..file.Read(0, page)], out _)!;
        var trailer = FooterReader.ReadTrailer(file, header.Number, header.Generation)!.Value;
        var segment = new EventMesh.Storage.Files.Journal.SegmentFile(file, name, header) { LastGroup = trailer.LastGroup };
        var entry = Assert.Single(FooterReader.ReadDirectory(file, trailer)!);
        var content = SectionReader.Read(segment, entry.Slice);
        var head = content.Head;
        content = what switch
        {
            "next offset" => content with { Head = head with { Next = head.Next + 1 } },
            "position" => content with { Head = head with { Positions = [new(Other, Batches.At(7, 2)), head.Positions[1]] } },
            "runs" => content with { Runs = [content.Runs[0], content.Runs[1] with { Crc = 1 }] },
            _ => content,
        };
        FooterWriter.Seal(Own, segment, trailer.FooterPosition, [(Orders, content)], cut: true);
        if (what == "directory")
        {
            Redirect(file, header);
        }
    }

    private static void Redirect(EventMesh.Storage.Files.Devices.IStoreFile file, SegmentHeader header)
    {
        var trailer = FooterReader.ReadTrailer(file, header.Number, header.Generation)!.Value;
        var entry = FooterReader.ReadDirectory(file, trailer)![0];
        var writer = new FieldWriter();
        DirectoryCodec.Write(writer, entry with { LastAppendUnixMs = entry.LastAppendUnixMs + 1 });
        Assert.Equal((int)trailer.DirectoryBytes, writer.Length);
        file.Write(trailer.DirectoryPosition, writer.Written);
        Span<byte> bytes = new byte[FooterTrailer.Bytes];
        (trailer with { DirectoryCrc = Crc32C.Compute(writer.Written) }).Write(bytes);
        file.Write(file.Length - FooterTrailer.Bytes, bytes);
    }

    private sealed class Recorded : IProgress<ToolProgress>
    {
        public List<ToolProgress> Told { get; } = [];

        public void Report(ToolProgress value) => Told.Add(value);
    }
}
