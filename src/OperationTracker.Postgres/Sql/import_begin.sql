-- Holds everybody's appends off an empty store, and says whether it is empty. In the import's transaction.
select pg_advisory_xact_lock({append_lock}), set_config('optrack.appending', 'yes', true),
       set_config('synchronous_commit', 'on', true), set_config('idle_in_transaction_session_timeout', '10min', true),
       not exists (select from {schema}.mt_streams) and not exists (select from {schema}.mt_events)
           and not exists (select from {schema}.positions) and not exists (select from {schema}.operations)
