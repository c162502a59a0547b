curl -s "$WEIR_URL/v1/analytics/count?event_type=order.placed" -H "X-API-Key: $WEIR_KEY"
