curl -sG "$WEIR_URL/v1/analytics/count" -H "X-API-Key: $WEIR_KEY" \
  -d event_type=order.placed --data-urlencode "where=payload.amount>=12.5" --data-urlencode where=payload.user=ada
