/** The real data that the demo replays, as events. */
import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { eventSchema } from "../../lib/ingest/event.ts";

/** Events of one type, with their original times. */
export interface Dataset {
  type: string;
  records: readonly DemoRecord[];
  /** The record with the latest time. */
  newest: DemoRecord;
}

export interface DemoRecord {
  eventId: string;
  /** When it happened, in milliseconds since the Unix epoch. */
  at: number;
  payload: Record<string, unknown>;
}

export type DemoEvent = z.output<typeof eventSchema>;

const folder = new URL("../../node_modules/vega-datasets/data/", import.meta.url);

const earthquakesSchema = z.object({
  features: z.array(
    z.object({
      id: z.string(),
      properties: z.looseObject({ time: z.number() }),
      geometry: z.object({ coordinates: z.array(z.number()) }),
    }),
  ),
});

const flightsSchema = z.array(
  z.strictObject({
    date: z.string().regex(/^\d{4}\/\d\d\/\d\d \d\d:\d\d$/),
    delay: z.number(),
    distance: z.number(),
    origin: z.string(),
    destination: z.string(),
  }),
);

/** Both datasets, in the order of their files. */
export async function readDatasets(): Promise<Dataset[]> {
  const [earthquakes, flights] = await Promise.all([readEarthquakes(), readFlights()]);
  return [dataset("earthquake", earthquakes), dataset("flight", flights)];
}

/** A week of the USGS catalogue, with its ids. 28 of the records are blasts, according to `type` in the payload. */
async function readEarthquakes(): Promise<DemoRecord[]> {
  const { features } = earthquakesSchema.parse(await readJson("earthquakes.json"));
  return features.map(({ id, properties: { time, ...properties }, geometry: { coordinates } }) => ({
    eventId: id,
    at: time,
    payload: { ...properties, coordinates, original_time: new Date(time).toISOString() },
  }));
}

/**
 * Domestic flights in the USA, January to March 2001. They have no ids: the position makes an id unique, and the digest
 * ties it to the content. Local times without an offset are read as UTC.
 */
async function readFlights(): Promise<DemoRecord[]> {
  const flights = flightsSchema.parse(await readJson("flights-20k.json"));
  return flights.map(({ date, ...flight }, position) => {
    const content = [date, flight.origin, flight.destination, flight.distance, flight.delay].join();
    return {
      eventId: `flight-${String(position).padStart(5, "0")}-${hash("sha256", content, "hex").slice(0, 12)}`,
      at: Date.parse(`${date.replaceAll("/", "-").replace(" ", "T")}:00Z`),
      payload: { ...flight, original_time: date },
    };
  });
}

const readJson = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(name, folder), "utf8"));

/** @throws if there is no record */
export function dataset(type: string, records: readonly DemoRecord[]): Dataset {
  const [first, ...others] = records;
  if (!first) throw new Error(`There is no ${type} in the data.`);
  return { type, records, newest: others.reduce((a, b) => (b.at > a.at ? b : a), first) };
}

/**
 * The records as events, all shifted by the same duration.
 * @param newestAt new time of the newest record, in milliseconds since the Unix epoch
 */
export function moveEvents({ type, records, newest }: Dataset, newestAt: number): DemoEvent[] {
  return records.map(({ eventId, at, payload }) => ({
    event_id: eventId,
    event_type: type,
    timestamp: new Date(at + newestAt - newest.at).toISOString(),
    payload,
  }));
}

/** The time range of the shifted events, as an API range: `start` inclusive, `end` exclusive. */
export function movedRange({ records, newest }: Dataset, newestAt: number): { start: string; end: string } {
  const oldest = records.reduce((at, record) => Math.min(at, record.at), newest.at);
  const toText = (ms: number): string => new Date(ms).toISOString();
  return { start: toText(newestAt - (newest.at - oldest)), end: toText(newestAt + 1) };
}
