import {
  type HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  HubConnectionState,
} from "@microsoft/signalr";
import { PersistentRetryPolicy, pause, retryDelay } from "./retry";
import { TransportLog } from "./transport-log";
import { UPDATE_KINDS, type UpdateKind, type Updates } from "./updates";

export type ConnectionStatus = "disconnected" | "connecting" | "connected" | "reconnecting";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** `WebSockets`, `ServerSentEvents` or `LongPolling`, once one is chosen. */
  readonly transport: string | null;
  /** The organization whose updates arrive. */
  readonly organizationId: string | null;
  /** When the next attempt starts, in milliseconds since 1970, while the connection is away. */
  readonly retryAt: number | null;
  readonly error: string | null;
}

export interface RealtimeOptions {
  /** Address of the hub. */
  url: string;
  /** Asked for a token whenever a connection is made. */
  accessToken: () => string | Promise<string>;
  /** Only this transport, instead of the best that works. */
  transport?: HttpTransportType;
}

type Handler<K extends UpdateKind> = (update: Updates[K]) => void;
type StateListener = (state: ConnectionState) => void;
export type Unsubscribe = () => void;

const NOTHING: ConnectionState = {
  status: "disconnected",
  transport: null,
  organizationId: null,
  retryAt: null,
  error: null,
};

/**
 * Follows one organization at a time over a connection that comes back by itself.
 *
 * Handlers stay registered through reconnects and switches. Updates are passed on only while an organization is
 * followed.
 */
export class RealtimeService {
  readonly #connection: HubConnection;
  readonly #handlers = new Map<UpdateKind, Set<(update: never) => void>>();
  readonly #listeners = new Set<StateListener>();
  #state = NOTHING;
  #run: AbortController | null = null;
  #wanted: string | null = null;
  #followed: string | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: RealtimeOptions) {
    this.#connection = new HubConnectionBuilder()
      .withUrl(options.url, {
        accessTokenFactory: options.accessToken,
        ...(options.transport !== undefined && { transport: options.transport }),
      })
      .withAutomaticReconnect(new PersistentRetryPolicy((_, delay) => this.#change({ retryAt: Date.now() + delay })))
      .configureLogging(new TransportLog((transport) => this.#change({ transport })))
      .build();
    for (const kind of UPDATE_KINDS) {
      this.#connection.on(kind, (update: Updates[typeof kind]) => this.#deliver(kind, update));
    }
    this.#connection.onreconnecting((error) => this.#lost("reconnecting", error));
    this.#connection.onreconnected(() => this.#arrived());
    this.#connection.onclose((error) => {
      this.#lost("disconnected", error);
      this.#change({ retryAt: null });
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects, trying until it works or `stop` is called, and follows the organization. */
  async start(organizationId: string): Promise<void> {
    this.#wanted = organizationId;
    if (this.#connection.state !== HubConnectionState.Disconnected || this.#state.status === "connecting") return;
    const { signal } = (this.#run = new AbortController());
    this.#change({ status: "connecting", error: null, retryAt: null });
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#connection.start();
        return await this.#arrived();
      } catch (error) {
        if (signal.aborted) return;
        const delay = retryDelay(failures);
        this.#change({ error: messageOf(error), retryAt: Date.now() + delay });
        await pause(delay, signal);
      }
    }
  }

  /** Leaves the organization and closes the connection. */
  async stop(): Promise<void> {
    this.#run?.abort();
    this.#wanted = null;
    await this.#inTurn(() => this.#leave());
    await this.#connection.stop();
    this.#change(NOTHING);
  }

  /** Follows another organization; while the connection is away, as soon as it is back. */
  async switchOrganization(organizationId: string): Promise<void> {
    this.#wanted = organizationId;
    await this.#inTurn(async () => {
      if (this.#followed === this.#wanted) return;
      await this.#leave();
      await this.#join();
    });
  }

  /** Calls `handler` with every update of a kind; the result ends that. */
  on<K extends UpdateKind>(kind: K, handler: Handler<K>): Unsubscribe {
    const handlers = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, handlers.add(handler));
    return () => this.off(kind, handler);
  }

  /** Ends what `on` began. */
  off<K extends UpdateKind>(kind: K, handler: Handler<K>): void {
    this.#handlers.get(kind)?.delete(handler);
  }

  /** Calls `listener` with the state now and whenever it changes; the result ends that. */
  onState(listener: StateListener): Unsubscribe {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  #deliver<K extends UpdateKind>(kind: K, update: Updates[K]): void {
    if (this.#followed === null) return;
    for (const handler of this.#handlers.get(kind) ?? []) {
      try {
        (handler as Handler<K>)(update);
      } catch (error) {
        console.error(`A handler of ${kind} failed.`, error);
      }
    }
  }

  #arrived(): Promise<void> {
    this.#change({ status: "connected", error: null, retryAt: null });
    return this.#inTurn(() => this.#join());
  }

  #lost(status: ConnectionStatus, error: Error | undefined): void {
    this.#followed = null;
    this.#change({ status, organizationId: null, transport: null, error: error ? messageOf(error) : null });
  }

  async #join(): Promise<void> {
    const organization = this.#wanted;
    if (organization === null || this.#connection.state !== HubConnectionState.Connected) return;
    this.#followed = organization;
    try {
      await this.#connection.invoke("JoinOrganization", organization);
      this.#change({ organizationId: organization, error: null });
    } catch (error) {
      this.#followed = null;
      if (this.#connection.state === HubConnectionState.Connected) this.#change({ error: messageOf(error) });
    }
  }

  async #leave(): Promise<void> {
    const organization = this.#followed;
    this.#followed = null;
    if (organization === null || this.#connection.state !== HubConnectionState.Connected) return;
    this.#change({ organizationId: null });
    try {
      await this.#connection.invoke("LeaveOrganization", organization);
    } catch (error) {
      if (this.#connection.state === HubConnectionState.Connected) this.#change({ error: messageOf(error) });
    }
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #change(part: Partial<ConnectionState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
