namespace OperationTracker.Core;
