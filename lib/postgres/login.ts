import type { RenewConfig } from "../config/config.ts";

/** A password that may change while connections are open. */
export class Login {
  #password: string;
  readonly #renew: () => Promise<string>;
  /** Whether the server has not accepted the password since it was last used. */
  #isPending = false;

  /** @param renew returns the password that is valid now; called when the server has refused the one before */
  constructor(password: string, renew: () => Promise<string>) {
    this.#password = password;
    this.#renew = renew;
  }

  /** For the next connection. If the one before did not log in, for whatever reason, the password is renewed. */
  async password(): Promise<string> {
    if (this.#isPending) this.#password = await this.#renew();
    this.#isPending = true;
    return this.#password;
  }

  /** The server has accepted the password. */
  accepted(): void {
    this.#isPending = false;
  }
}

/** The password in a URL. */
export const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password);

/** For `connectDatabase`. */
export const renewDatabasePassword = (renew: RenewConfig | undefined): (() => Promise<string>) | undefined =>
  renew && (async () => passwordOf((await renew()).databaseUrl));
