// The official TypeScript SignalR client, whose token is refreshed by a plain fetch next to the running connection.
//
// argument  {"url":"http://…","transport":"websockets|sse|longpolling","token":"…","newToken":"…","otherToken":"…"}
// output    one JSON object, with what each step gave
//
// One of two connections is refreshed; the other one ends when the token that both started with expires.

import { DefaultHttpClient, HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const TRANSPORTS = {
  websockets: HttpTransportType.WebSockets,
  sse: HttpTransportType.ServerSentEvents,
  longpolling: HttpTransportType.LongPolling,
};
const SILENT = { log() {} };
const request = JSON.parse(process.argv[2]);

// The client keeps its connection token to itself, and goes on with the access token of its start in its own HTTP requests.
class RefreshableHttpClient extends DefaultHttpClient {
  token = request.token;

  async send(message) {
    message.headers = { ...message.headers, Authorization: `Bearer ${this.token}` };
    const response = await super.send(message);
    if (message.url.includes("/negotiate")) {
      this.negotiated = JSON.parse(response.content);
    }
    return response;
  }
}

async function connect() {
  const httpClient = new RefreshableHttpClient(SILENT);
  const hub = new HubConnectionBuilder()
    .withUrl(request.url, {
      transport: TRANSPORTS[request.transport],
      accessTokenFactory: () => httpClient.token,
      httpClient,
    })
    .configureLogging({ log: (level, text) => level >= LogLevel.Error && process.stderr.write(`${text}\n`) })
    .build();
  const closed = new Promise((resolve) => hub.onclose(resolve));
  const refreshed = new Promise((resolve) => hub.on("Refreshed", (...values) => resolve(values)));
  await hub.start();
  return { hub, httpClient, closed, refreshed };
}

async function refresh(connection, token) {
  const id = encodeURIComponent(connection.httpClient.negotiated.connectionToken);
  const response = await fetch(`${request.url}/refresh?id=${id}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
  if (response.ok) {
    connection.httpClient.token = token;
  }
  return { status: response.status, body: await response.json() };
}

const tried = (hub) => hub.invoke("AdminOnly").catch((error) => error.message);

const kept = await connect();
const left = await connect();
const before = await tried(kept.hub);
const answer = await refresh(kept, request.newToken);
const told = await kept.refreshed;
const after = [await kept.hub.invoke("WhoAmI"), await kept.hub.invoke("Roles"), await tried(kept.hub)];
await left.closed;
const later = await tried(kept.hub);
const rejected = await refresh(kept, request.otherToken);
await kept.closed;
const gone = await refresh(kept, request.newToken);
const lifetime = kept.httpClient.negotiated.tokenLifetimeSeconds;
process.stdout.write(JSON.stringify({ lifetime, before, answer, told, after, later, rejected, gone }));
process.exit(0);
