/**
 * Metrics in CloudWatch's embedded metric format: a line of JSON on standard output becomes metrics, whatever the log
 * level, without an API call or a permission.
 */

/** CloudWatch unit of a metric. */
export type Unit = "Count" | "Seconds" | "Percent";

/**
 * @param functionName the dimension, so that stages don't mix
 * @param metrics value and unit, by name of the metric
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
