-- Whether an event without a position is only waiting for one, as other applications' do for about a second.
select exists (select from {schema}.foreign_events where seq_id = $1)
    or exists (select from {schema}.positions where seq_id = $1)
