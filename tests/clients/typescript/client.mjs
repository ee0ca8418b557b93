// The official TypeScript SignalR client behind requests, whatever runs it: Node (driver.mjs) or a page in a browser.
//
// request   {"id":1,"op":"connect","conn":"a","url":"http://…","protocol":"json|messagepack",
//            "transport":"websockets|sse|longpolling|any","skipNegotiation":false,"stateful":false,
//            "reconnect":false,"token":null,"headers":{},"serverTimeout":30,"keepAlive":15}
//           "reconnect" is true for the client's own delays, or an array of delays in milliseconds
//           {"id":2,"op":"on","conn":"a","event":"Receive"}             report every call of this client method
//           {"id":3,"op":"answer","conn":"a","event":"Answer","value":"…","delayMs":0}   return value to the server
//           {"id":4,"op":"answer","conn":"a","event":"Answer","error":"…"}               fail instead
//           {"id":5,"op":"invoke","conn":"a","method":"Add","args":[1,2]}
//           {"id":6,"op":"order","conn":"a","method":"EchoOrder","args":[{…}]}   one Order record there and back
//           {"id":7,"op":"send","conn":"a","method":"Broadcast","args":["hi"]}
//           {"id":8,"op":"stream","conn":"a","method":"Counter","args":[3,0],"take":0}   take>0 cancels after that many
//           {"id":9,"op":"upload","conn":"a","method":"Sum","args":[],"streams":[[1,2,3]],"delayMs":0}
//           "failure":"…" ends every stream with this error after its items
//           {"id":10,"op":"uploadstream", …}   like upload, for a method that itself streams back
//           {"id":11,"op":"state","conn":"a"} · {"id":12,"op":"stop","conn":"a"}
// response  {"id":5,"ok":true,"result":3}   or   {"id":5,"ok":false,"error":"message","type":"Error"}
// event     {"conn":"a","event":"Receive","args":["hi"]}
//           {"conn":"a","event":"$closed","error":null} · "$reconnecting" · "$reconnected" (with "connectionId")
//           {"conn":null,"event":"$unhandled","error":"…"}   a rejected promise that nobody awaited
//
// Bytes read {"$bytes":"<base64>"} both ways; over JSON, which has no bytes, they leave and arrive as base64 text.
//
// Known fault of the client itself (10.0): of two streams side by side among the arguments of a call, it sends the second
// as a value. The driver therefore puts a plain argument between them, and refuses calls that have too few.

import { orderFromWire, orderToWire } from "./order.mjs";

const text = (error) => (error instanceof Error ? error.message : (error ?? null));
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (encoded) => Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));

function report(_key, value) {
  if (value instanceof Uint8Array) {
    return { $bytes: toBase64(value) };
  }
  return value === undefined ? null : value;
}

function plain(value, binary) {
  if (Array.isArray(value)) {
    return value.map((item) => plain(item, binary));
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (typeof value.$bytes === "string") {
    return binary ? fromBase64(value.$bytes) : value.$bytes;
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, binary)]));
}

// The server takes the streams by their order among the streams, and the other arguments by theirs.
function interleave(streams, values) {
  if (streams.length > values.length + 1) {
    throw new Error(`${streams.length} streams need ${streams.length - 1} plain arguments to stand between them`);
  }
  const mixed = streams.flatMap((stream, index) => [stream, ...values.slice(index, index + 1)]);
  return [...mixed, ...values.slice(streams.length)];
}

function collect(stream, take) {
  return new Promise((resolve) => {
    const items = [];
    const subscription = stream.subscribe({
      next(item) {
        items.push(item);
        if (items.length === take) {
          subscription.dispose();
          resolve({ items, error: null });
        }
      },
      complete: () => resolve({ items, error: null }),
      error: (error) => resolve({ items, error: text(error) }),
    });
  });
}

function answer(hub, request, value) {
  hub.on(request.event, async () => {
    await later(request.delayMs ?? 0);
    if (request.error) {
      throw new Error(request.error);
    }
    return value;
  });
}

/**
 * Hold hub connections for requests.
 *
 * @param signalR the client's module
 * @param MessagePackHubProtocol the class of the other module
 * @param logger what the client logs to
 * @param writeLine takes each response and event, as one line of JSON
 */
export function createClient({ signalR, MessagePackHubProtocol, logger, writeLine }) {
  const transports = {
    websockets: signalR.HttpTransportType.WebSockets,
    sse: signalR.HttpTransportType.ServerSentEvents,
    longpolling: signalR.HttpTransportType.LongPolling,
  };
  const connections = new Map();
  const write = (message) => writeLine(JSON.stringify(message, report));

  async function connect(name, request) {
    const options = {
      transport: transports[request.transport],
      skipNegotiation: request.skipNegotiation ?? false,
      headers: request.headers ?? undefined,
    };
    if (request.token) {
      options.accessTokenFactory = () => request.token;
    }
    const builder = new signalR.HubConnectionBuilder().withUrl(request.url, options).configureLogging(logger);
    const binary = request.protocol === "messagepack";
    if (binary) {
      builder.withHubProtocol(new MessagePackHubProtocol());
    }
    if (request.stateful) {
      builder.withStatefulReconnect();
    }
    if (Array.isArray(request.reconnect)) {
      builder.withAutomaticReconnect(request.reconnect);
    } else if (request.reconnect) {
      builder.withAutomaticReconnect();
    }
    const hub = builder.build();
    if (request.serverTimeout) {
      hub.serverTimeoutInMilliseconds = request.serverTimeout * 1000;
    }
    if (request.keepAlive) {
      hub.keepAliveIntervalInMilliseconds = request.keepAlive * 1000;
    }
    const event = (what, error, connectionId) =>
      write({ conn: name, event: what, error: text(error), connectionId: connectionId ?? null });
    hub.onclose((error) => event("$closed", error));
    hub.onreconnecting((error) => event("$reconnecting", error));
    hub.onreconnected((connectionId) => event("$reconnected", null, connectionId));
    connections.set(name, { hub, binary });
    await hub.start();
    return hub.connectionId;
  }

  function feed(items, request, binary) {
    const subject = new signalR.Subject();
    const run = async () => {
      for (const item of items) {
        await later(request.delayMs ?? 0);
        subject.next(plain(item, binary));
      }
      await later(request.delayMs ?? 0); // the client subscribes only once the call is sent
      if (request.failure) {
        throw new Error(request.failure);
      }
      subject.complete();
    };
    run().catch((error) => subject.error(error));
    return subject;
  }

  async function handle(request) {
    const name = request.conn ?? "default";
    if (request.op === "connect") {
      return connect(name, request);
    }
    const connection = connections.get(name);
    if (!connection) {
      throw new Error(`no connection named ${name}`);
    }
    const { hub, binary } = connection;
    const args = () => plain(request.args ?? [], binary);
    const withStreams = () =>
      interleave(
        (request.streams ?? []).map((items) => feed(items, request, binary)),
        args(),
      );
    switch (request.op) {
      case "on":
        hub.on(request.event, (...values) => {
          write({ conn: name, event: request.event, args: values });
        });
        return null;
      case "answer":
        answer(hub, request, plain(request.value ?? null, binary));
        return null;
      case "invoke":
      case "upload":
        return hub.invoke(request.method, ...withStreams());
      case "order":
        return orderFromWire(await hub.invoke(request.method, orderToWire(request.args[0], binary)), binary);
      case "send":
        await hub.send(request.method, ...args());
        return null;
      case "stream":
      case "uploadstream":
        return collect(hub.stream(request.method, ...withStreams()), request.take ?? 0);
      case "state":
        return hub.state;
      case "stop":
        await hub.stop();
        connections.delete(name);
        return null;
      default:
        throw new Error(`unknown op ${request.op}`);
    }
  }

  return {
    async take(request) {
      try {
        const result = await handle(request);
        write({ id: request.id, ok: true, result: result ?? null });
      } catch (error) {
        write({ id: request.id, ok: false, error: text(error), type: error?.constructor?.name ?? "unknown" });
      }
    },
    unhandled(reason) {
      write({ conn: null, event: "$unhandled", error: text(reason) ?? "no reason" });
    },
  };
}
