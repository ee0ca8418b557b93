/**
 * Drives a browser: `node driver.mjs CHROMIUM`.
 *
 * Each line of standard input is a request, `{"op": ..., "page": ..., ...}`; each is answered by one line of standard
 * output, `{"ok": true, "result": ...}` or `{"ok": false, "error": ...}`, in order. The end of the input ends the
 * browser.
 */
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { FLAGS } from "./flags.mjs";

const browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });
const tabs = new Map();

class Tab {
  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.problems = [];
    this.frames = [];
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => this.frames.push(String(payload))));
  }
}

const operations = {
  async open({ page: name, url, width, height, colorScheme }) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const tab = new Tab(context, await context.newPage());
    tabs.set(name, tab);
    await tab.page.goto(url);
  },
  async close({ page: name }) {
    await tabs.get(name)?.context.close();
    tabs.delete(name);
  },
  reload: ({ tab }) => tab.page.reload().then(() => null),
  click: ({ tab, selector }) => tab.page.click(selector),
  press: ({ tab, selector, key }) => tab.page.press(selector, key),
  wait: ({ tab, selector, timeout }) => tab.page.locator(selector).first().waitFor({ timeout }),
  texts: ({ tab, selector }) => tab.page.locator(selector).allInnerTexts(),
  count: ({ tab, selector }) => tab.page.locator(selector).count(),
  evaluate: ({ tab, expression }) => tab.page.evaluate(expression),
  waitUntil: ({ tab, expression, timeout }) => tab.page.waitForFunction(expression, null, { timeout }).then(() => null),
  problems: ({ tab }) => tab.problems,
  frames: ({ tab }) => tab.frames,
  screenshot: ({ tab, path }) => tab.page.screenshot({ path }).then(() => null),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { ok: true, result: (await operations[request.op]({ ...request, tab: tabs.get(request.page) })) ?? null };
  } catch (error) {
    answer = { ok: false, error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
