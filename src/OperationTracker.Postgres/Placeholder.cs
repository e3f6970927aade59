namespace OperationTracker.Postgres;
