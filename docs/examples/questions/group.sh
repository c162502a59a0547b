curl -sG "$WEIR_URL/v1/analytics/group" -H "X-API-Key: $WEIR_KEY" \
  -d by=event_type
