-- Adds counts of latency bins to those of a rollup. Both lists are in ascending order without repeated bins, and so is the
-- result. With a query that grouped and sorted both lists, an update of a rollup of 50 bins took 130 us; most of a small
-- batch's time was spent on it: docs/decisions/0034.
CREATE FUNCTION merge_bins(INOUT bins smallint[], INOUT counts bigint[], more_bins smallint[], more_counts bigint[])
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE at int;
BEGIN
  FOR n IN 1 .. cardinality(more_bins) LOOP
    -- Number of bins up to this one.
    at := width_bucket(more_bins[n], bins);
    IF at > 0 AND bins[at] = more_bins[n] THEN
      counts[at] := counts[at] + more_counts[n];
    ELSE
      bins := bins[:at] || more_bins[n] || bins[at + 1:];
      counts := counts[:at] || more_counts[n] || counts[at + 1:];
    END IF;
  END LOOP;
END $$;
