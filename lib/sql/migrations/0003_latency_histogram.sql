-- Kept for the latency histogram of the rollups.
SELECT 1;
