NOW=$(date -u +%FT00:00:00Z)
curl -s "$WEIR_URL/v1/events" -H "X-API-Key: $WEIR_KEY" -H 'Content-Type: application/json' -d "{\"events\": [
  {\"event_id\": \"login-1\", \"event_type\": \"login\", \"timestamp\": \"$NOW\", \"payload\": {\"user\": \"ada\"}},
  {\"event_id\": \"login-2\", \"event_type\": \"login\", \"timestamp\": \"yesterday\", \"payload\": {\"user\": \"bob\"}},
  {\"event_id\": \"login-3\", \"event_type\": \"login\", \"timestamp\": \"$NOW\", \"payload\": {\"user\": \"cem\"}}
]}"
