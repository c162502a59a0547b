/** A message's place among those of its request. */
export interface Place {
  /** Of the request and its receipt. */
  id: string;
  part: number;
}
