curl -sG "$WEIR_URL/v1/analytics/series" -H "X-API-Key: $WEIR_KEY" \
  -d interval=day -d tz=UTC -d event_type=order.placed -d start="$(date -u +%FT00:00:00Z)"
