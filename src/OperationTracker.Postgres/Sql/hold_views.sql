-- Begins a transaction that compares views with their events. A name is resolved as of now and rows are seen as of the
-- snapshot: a rebuild that put its table in the place of this one in between would show an empty table. A lock takes no
-- snapshot, so the one that the next statement takes is of a time when the table could not be replaced any more.
set transaction read only;
lock table {schema}.operations in access share mode
