-- Sequence numbers go on behind the imported ones.
select setval('{schema}.mt_events_sequence', greatest((select max(seq_id) from {schema}.mt_events), 1))
