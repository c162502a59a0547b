NOW=$(date -u +%FT00:00:00Z)
RECEIPT=$(curl -s "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" -H 'Content-Type: application/json' \
  -d "{\"event_id\": \"logout-1\", \"event_type\": \"logout\", \"timestamp\": \"$NOW\", \"payload\": {}}" |
  sed 's/.*"receipt_id":"\([^"]*\)".*/\1/')
until curl -s "$WEIR_URL/v1/receipts/$RECEIPT" -H "X-API-Key: $WEIR_KEY" | tee receipt.json | grep -q '"pending":0'; do
  sleep 0.2
done
cat receipt.json
