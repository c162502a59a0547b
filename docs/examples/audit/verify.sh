curl -s "$WEIR_URL/v1/audit/verify" -H "X-API-Key: $WEIR_KEY" | grep -o '"valid":[a-z]*'
