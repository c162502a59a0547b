curl -s "$WEIR_URL/v1/pipeline" -H "X-API-Key: nobody"
