import { Server as HttpServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { atEnd } from "../cleanup.ts";

/** Starts a server on 127.0.0.1, closed after the file's tests. @returns its port */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    if (server instanceof HttpServer) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
