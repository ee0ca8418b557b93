/**
 * The TypeScript client in a browser: `node client.mjs CHROMIUM`.
 *
 * Reads and writes the lines of `../clients/typescript/driver.mjs`. The client runs in a page of the server's own origin,
 * which need not know anything of it: the scripts are added to the page, and requests for those that these import are
 * answered here.
 */
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { FLAGS } from "./flags.mjs";

const PREFIX = "/__client__/";
const LIBRARIES = [
  "node_modules/@microsoft/signalr/dist/browser/signalr.min.js",
  "node_modules/@microsoft/signalr-protocol-msgpack/dist/browser/signalr-protocol-msgpack.min.js",
];
const START = `
  import { createClient } from "${PREFIX}client.mjs";
  const { MessagePackHubProtocol } = signalR.protocols.msgpack;
  const lowestLevel = signalR.LogLevel["${process.env.INTEROP_LOG ? "Trace" : "Information"}"];
  const logger = { log: (level, message) => level >= lowestLevel && writeLog(signalR.LogLevel[level] + ": " + message) };
  window.client = createClient({ signalR, MessagePackHubProtocol, logger, writeLine });
  window.addEventListener("unhandledrejection", (event) => client.unhandled(event.reason));
`;

const file = (path) => fileURLToPath(new URL(path, new URL("../clients/typescript/", import.meta.url)));

const browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });
const context = await browser.newContext();
await context.exposeFunction("writeLine", (line) => void process.stdout.write(`${line}\n`));
await context.exposeFunction("writeLog", (line) => void process.stderr.write(`${line}\n`));
await context.route(
  (url) => url.pathname.startsWith(PREFIX),
  (route) => {
    const name = new URL(route.request().url()).pathname.slice(PREFIX.length);
    return route.fulfill({ contentType: "text/javascript", path: file(name) });
  },
);

const pages = new Map();
const pageOfConnection = new Map();

async function open(origin) {
  const page = await context.newPage();
  await page.goto(`${origin}/health`);
  for (const library of LIBRARIES) {
    await page.addScriptTag({ path: file(library) });
  }
  await page.addScriptTag({ type: "module", content: START });
  await page.waitForFunction(() => window.client !== undefined);
  return page;
}

async function pass(request) {
  if (request.op === "connect") {
    const { origin } = new URL(request.url);
    if (!pages.has(origin)) {
      pages.set(origin, open(origin));
    }
    pageOfConnection.set(request.conn, pages.get(origin));
  }
  const page = await pageOfConnection.get(request.conn);
  await page.evaluate((it) => void window.client.take(it), request);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.op === "exit") {
    break;
  }
  pass(request).catch((error) =>
    process.stdout.write(`${JSON.stringify({ id: request.id, ok: false, error: error.message, type: "Browser" })}\n`),
  );
}
await browser.close();
process.exit(0);
