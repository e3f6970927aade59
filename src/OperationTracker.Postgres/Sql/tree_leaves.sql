select position, seq_id, link from {schema}.positions where position > $1 and position <= $2 order by position
