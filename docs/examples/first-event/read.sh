curl -s "$WEIR_URL/v1/events/order-1001" -H "X-API-Key: $WEIR_KEY"
