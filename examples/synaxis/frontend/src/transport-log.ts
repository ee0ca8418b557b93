import { type ILogger, LogLevel } from "@microsoft/signalr";

const SELECTED = /^Selecting transport '(\w+)'\.$/;

/** Passes warnings and errors to the console, and tells which transport the client settled on. */
export class TransportLog implements ILogger {
  readonly #onTransport: (transport: string) => void;

  constructor(onTransport: (transport: string) => void) {
    this.#onTransport = onTransport;
  }

  log(level: LogLevel, message: string): void {
    const selected = SELECTED.exec(message)?.[1];
    if (selected) this.#onTransport(selected);
    if (level >= LogLevel.Warning) console.warn(`[signalr] ${message}`);
  }
}
