import { HttpTransportType } from "@microsoft/signalr";

const TRANSPORTS: Record<string, HttpTransportType> = {
  websockets: HttpTransportType.WebSockets,
  sse: HttpTransportType.ServerSentEvents,
  longpolling: HttpTransportType.LongPolling,
};

export interface PageSettings {
  /** Where the back end is: an origin, or nothing when the page comes from it. */
  server: string;
  transport?: HttpTransportType;
}

/** Reads `?server=http://host:port` and `?transport=websockets|sse|longpolling`. */
export function readSettings(query: string): PageSettings {
  const parameters = new URLSearchParams(query);
  const server = parameters.get("server");
  const transport = TRANSPORTS[parameters.get("transport") ?? ""];
  return { server: server ? new URL(server).origin : "", ...(transport !== undefined && { transport }) };
}
