curl -s "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" -H 'Content-Type: application/json' -d "{
  \"event_id\": \"order-1001\",
  \"event_type\": \"order.placed\",
  \"timestamp\": \"$(date -u +%FT00:00:00Z)\",
  \"payload\": {\"amount\": 12.5, \"user\": \"ada\"}
}"
