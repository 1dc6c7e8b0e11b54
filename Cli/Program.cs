using EventMesh.Cli;

return await CliProgram.RunAsync(args);
