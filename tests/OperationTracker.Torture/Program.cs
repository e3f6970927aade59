using OperationTracker.Torture;
using OperationTracker.Torture.Hostile;
using OperationTracker.Torture.Trials;

try
{
    if (args is ["hostile", .. var hostile])
        return await HostileRun.RunAsync(HostileOptions.Parse(hostile), Console.Error.WriteLine);
    var options = TortureOptions.Parse(args);
    using var interrupt = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        interrupt.Cancel();
    };
    if (options.Trial is not null)
    {
        var result = await Trial.RunAsync(options, Console.Error.WriteLine, interrupt.Token);
        Console.WriteLine(result);
        return result.Violations.Count == 0 ? 0 : 5;
    }

    var figures = await TortureRun.RunAsync(options, Console.Error.WriteLine, interrupt.Token);
    Console.WriteLine(figures);
    return figures.Violations.Count == 0 ? 0 : 5;
}
catch (CannotRunHereException reason)
{
    Console.Error.WriteLine(reason.Message);
    return 77;
}
catch (ArgumentException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
