# One event per line, compressed. curl repeats the request as it is, so no event can count twice.
for n in $(seq 1000); do
  echo "{\"event_id\":\"visit-$n\",\"event_type\":\"visit\",\"timestamp\":\"$(date -u +%FT00:00:00Z)\",\"payload\":{\"n\":$n}}"
done | gzip | curl -s --retry 5 --retry-all-errors "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" \
  -H 'Content-Type: application/x-ndjson' -H 'Content-Encoding: gzip' --data-binary @- | grep -o "\"accepted\":[0-9]*"
