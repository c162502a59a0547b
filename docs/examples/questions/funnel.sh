curl -s "$WEIR_URL/v1/analytics/funnel" -H "X-API-Key: $WEIR_KEY" -H 'Content-Type: application/json' -d '{
  "steps": [{"event_type": "order.placed"}, {"event_type": "order.paid"}],
  "key": "payload.user", "window_seconds": 86400
}'
