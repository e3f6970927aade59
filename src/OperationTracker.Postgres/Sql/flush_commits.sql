-- Waits until what was committed is on the disk: of what is not, the server does not note that everybody sees it.
select set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'optrack', '')
