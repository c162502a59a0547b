/** A message's position in its request. */
export interface Place {
  /** Id of the request and its receipt. */
  id: string;
  part: number;
}
