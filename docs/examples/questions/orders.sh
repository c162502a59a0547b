# Six orders of today, so that the questions below have answers.
DAY=$(date -u +%F)
order() { echo "{\"event_id\":\"order-$1\",\"event_type\":\"$2\",\"timestamp\":\"${DAY}T00:00:0$1Z\",\"payload\":{\"user\":\"$3\",\"amount\":$4}}"; }
{ order 1 order.placed ada 12.5; order 2 order.placed bob 40; order 3 order.placed ada 7;
  order 4 order.paid ada 12.5; order 5 order.paid bob 40; order 6 order.placed cem 99; } |
  curl -s "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" -H 'Content-Type: application/x-ndjson' --data-binary @-
