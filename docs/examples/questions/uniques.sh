curl -sG "$WEIR_URL/v1/analytics/uniques" -H "X-API-Key: $WEIR_KEY" \
  -d property=payload.user -d start="$(date -u +%FT00:00:00Z)"
