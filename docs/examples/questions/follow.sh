# Without `after` the feed begins with the oldest event. Keep next_cursor together with what you made of the events.
AFTER=
for n in 1 2; do
  curl -sG "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" -d order=asc -d wait=20 -d limit=1 \
    -d event_type=order.paid ${AFTER:+-d after="$AFTER"} > page.json
  sed 's/.*"event_id":"\([^"]*\)".*"payload":\({[^}]*}\).*/\1 \2/' page.json
  echo
  AFTER=$(sed 's/.*"next_cursor":"\([^"]*\)".*/\1/' page.json)
done
