/** Conditions on properties, as the API takes them in `where`. */

const STEP = `(?:\\.[A-Za-z_][\\w-]*|\\."[^"]+"|\\[\\d+\\])`;
const CONDITION = new RegExp(`^(?:!payload${STEP}+|payload${STEP}+(?:\\s*(?:!=|<=|>=|=|<|>)\\s*.+)?)$`);

/** What is wrong with a condition at first sight; the API says the rest. */
export const checkCondition = (text: string): string | undefined =>
  CONDITION.test(text)
    ? undefined
    : "Write payload.name=value with one of = != < <= > >=, payload.name, or !payload.name.";
