-- Freezes what is committed and seen by all, and marks its pages; pages that are marked are passed over the next time.
-- Nothing is deleted there but what catching up replaces: that, and the indexes, are left to the server's own vacuum.
vacuum (freeze, index_cleanup off, truncate off, skip_locked)
    {schema}.operations_rebuild, {schema}.past_operations_rebuild
