curl -s "$WEIR_URL/v1/events?limit=0" -H "X-API-Key: $WEIR_KEY"
