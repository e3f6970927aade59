-- Whether somebody but maintenance is at work in the database right now.
select exists (
    select from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and state = 'active'
      and pid <> pg_backend_pid() and application_name <> current_setting('application_name'))
