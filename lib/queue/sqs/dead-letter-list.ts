import type { SqsSettings } from "../../config/config.ts";
import type { DeadLetter, DeadLetters } from "../dead-letters.ts";
import { SqsCalls } from "./calls.ts";
import { deleteLetters, type Letter, receiveLetters, showAgain } from "./dead-letters.ts";

/** The dead-letter queue of an SQS queue. SQS can't list messages or look one up: it receives them, and returns them. */
export class SqsDeadLetters implements DeadLetters {
  readonly #calls: SqsCalls;

  constructor(settings: SqsSettings) {
    this.#calls = new SqsCalls(settings);
  }

  async list(limit: number): Promise<DeadLetter[]> {
    const letters = await this.#receive((received) => received.length >= limit);
    return letters.slice(0, limit).map(({ id, body, sentAt }) => ({ id, body, sentAt }));
  }

  async delete(ids: readonly string[]): Promise<number> {
    const isWanted = ({ id }: Letter): boolean => ids.includes(id);
    const letters = await this.#receive(
      (received) => received.filter(isWanted).length === ids.length,
      isWanted,
    );
    return letters.filter(isWanted).length;
  }

  async close(): Promise<void> {
    await this.#calls.close();
  }

  /** Receives until there are enough or no more; deletes those to delete, and returns the others to the queue. */
  async #receive(
    isEnough: (letters: readonly Letter[]) => boolean,
    isDeleted: (letter: Letter) => boolean = () => false,
  ): Promise<Letter[]> {
    const url = await this.#calls.findDeadLetterUrl();
    if (url === undefined) return [];
    const from = {
      connection: await this.#calls.connect(),
      url,
      signal: (waitS: number) => this.#calls.signal(waitS),
    };
    const letters: Letter[] = [];
    try {
      while (!isEnough(letters)) {
        const some = await receiveLetters(from);
        if (some.length === 0) break;
        letters.push(...some);
      }
      await deleteLetters(from, letters.filter(isDeleted));
    } finally {
      await showAgain(
        from,
        letters.filter((letter) => !isDeleted(letter)),
      );
    }
    return letters;
  }
}
