// The TypeScript client in Node: each line of standard input is a request of client.mjs, or {"op":"exit"}, and each line of
// standard output a response or an event. Standard error carries the client's log, from Information on, or from Trace on
// if INTEROP_LOG is set.

import { createInterface } from "node:readline";
import * as signalR from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import { createClient } from "./client.mjs";

const { LogLevel } = signalR;
const lowestLevel = process.env.INTEROP_LOG ? LogLevel.Trace : LogLevel.Information;
const logger = {
  log(level, message) {
    if (level >= lowestLevel) {
      process.stderr.write(`${LogLevel[level]}: ${message}\n`);
    }
  },
};
const writeLine = (line) => process.stdout.write(`${line}\n`);
const client = createClient({ signalR, MessagePackHubProtocol, logger, writeLine });

process.on("unhandledRejection", (reason) => {
  process.stderr.write(`unhandled rejection: ${reason?.stack ?? reason}\n`);
  client.unhandled(reason);
});

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") {
    continue;
  }
  const request = JSON.parse(line);
  if (request.op === "exit") {
    break;
  }
  client.take(request);
}
process.exit(0);
