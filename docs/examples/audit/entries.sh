curl -s "$WEIR_URL/v1/audit?path=/v1/events&limit=1" -H "X-API-Key: $WEIR_KEY"
