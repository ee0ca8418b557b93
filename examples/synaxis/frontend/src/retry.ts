import type { IRetryPolicy, RetryContext } from "@microsoft/signalr";

const DELAYS_MS = [0, 2_000, 10_000];
const LONGEST_DELAY_MS = 30_000;

/** How long to wait before another attempt, after so many that failed. */
export function retryDelay(failures: number): number {
  return DELAYS_MS[failures] ?? LONGEST_DELAY_MS;
}

/** Tries to come back at once, then after 2, 10 and every further 30 seconds, for ever. */
export class PersistentRetryPolicy implements IRetryPolicy {
  readonly #onRetry: (attempt: number, delay: number) => void;

  constructor(onRetry: (attempt: number, delay: number) => void) {
    this.#onRetry = onRetry;
  }

  nextRetryDelayInMilliseconds(context: RetryContext): number {
    const delay = retryDelay(context.previousRetryCount);
    this.#onRetry(context.previousRetryCount + 1, delay);
    return delay;
  }
}

/** Waits, or returns early when `signal` is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
