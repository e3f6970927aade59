using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;

namespace OperationTracker.Tests.EventStore;

public sealed class PostgresErrorsTests
{
    [Theory]
    [InlineData("53100")]
    [InlineData("58030")]
    [InlineData("58P01")]
    public void A_panic_after_an_append_was_sent_leaves_its_outcome_unknown_whatever_its_code(string state)
    {
        var panic = new PostgresException("could not fdatasync", "PANIC", "PANIC", state);

        PostgresErrors.AfterSending(panic).Failure.ShouldBe(StoreFailure.OutcomeUnknown);
        PostgresErrors.IsDeterministic(panic).ShouldBeFalse("else it would be sent again");
    }

    [Theory]
    [InlineData("53100")]
    [InlineData("58030")]
    public void A_statement_that_the_disk_fails_is_rolled_back(string state) =>
        PostgresErrors.AfterSending(new PostgresException("could not extend", "ERROR", "ERROR", state))
            .Failure.ShouldBe(StoreFailure.RefusedForNow);

    [Fact]
    public void A_server_that_has_no_connection_left_refuses_for_now() =>
        PostgresErrors.BeforeSending(new PostgresException("too many clients", "FATAL", "FATAL", "53300"))
            .Failure.ShouldBe(StoreFailure.RefusedForNow);

    [Fact]
    public void A_wrong_password_is_not_said_to_be_better_later() =>
        PostgresErrors.BeforeSending(new PostgresException("authentication failed", "FATAL", "FATAL", "28P01"))
            .Failure.ShouldBe(StoreFailure.Failed);

    [Theory]
    [InlineData("XX001")]
    [InlineData("XX002")]
    public void Damaged_files_are_not_said_to_be_better_later(string state) =>
        PostgresErrors.BeforeSending(new PostgresException("invalid page", "ERROR", "ERROR", state))
            .Failure.ShouldBe(StoreFailure.Failed);
}
