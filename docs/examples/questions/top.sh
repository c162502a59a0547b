curl -sG "$WEIR_URL/v1/analytics/top" -H "X-API-Key: $WEIR_KEY" \
  -d property=payload.user -d event_type=order.placed -d start="$(date -u +%FT00:00:00Z)"
