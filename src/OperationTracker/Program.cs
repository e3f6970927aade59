using OperationTracker.Cli;

return await CommandLine.RunAsync(args);
