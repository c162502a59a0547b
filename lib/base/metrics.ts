/**
 * Metrics for CloudWatch, in its embedded format: a line of JSON on standard output becomes metrics, whatever the log
 * level, with no call and no permission.
 */

/** CloudWatch's unit of a metric. */
export type Unit = "Count" | "Seconds";

/**
 * @param functionName the dimension, so that stages don't mix
 * @param metrics a value and its unit by the metric's name
 * @returns the line to print
 */
export function metricsLine(functionName: string, metrics: Record<string, readonly [number, Unit]>): string {
  const entries = Object.entries(metrics);
  return JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: "Weir",
          Dimensions: [["FunctionName"]],
          Metrics: entries.map(([Name, [, Unit]]) => ({ Name, Unit })),
        },
      ],
    },
    FunctionName: functionName,
    ...Object.fromEntries(entries.map(([name, [value]]) => [name, value])),
  });
}
