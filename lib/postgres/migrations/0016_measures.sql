-- Measures of payload properties, and meters: docs/decisions/0046.

-- A property's value as an exact number, given its JSON text; null for anything else, also for a number with more than 100
-- digits on either side of its point, written without an exponent. It never fails: `numeric` would for 1e200000. Trailing zeros
-- are dropped, so that equal numbers are the same text.
CREATE FUNCTION measured_number(value text) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN value ~ '^-?[0-9]{1,100}(\.[0-9]{1,100})?$' THEN trim_scale(value::numeric)
    WHEN value ~ '^-?[0-9]{1,100}(\.[0-9]{1,100})?[eE][-+]?[0-9]{1,3}$' THEN
      CASE WHEN abs(value::numeric) < 1e100 AND min_scale(value::numeric) <= 100 THEN trim_scale(value::numeric) END
  END;
