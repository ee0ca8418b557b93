export interface Organization {
  id: string;
  name: string;
}

export interface DemoUser {
  user: string;
  organizations: Organization[];
}

interface Grant extends DemoUser {
  token: string;
}

const REUSE_MS = 5_000;

/** A request that the server answered with something else than success. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function request<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { credentials: "include", ...init });
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as { error?: string } | null;
    throw new ServerError(response.status, body?.error ?? `The server answered ${response.status}.`);
  }
  return (await response.json()) as T;
}

/** Returns the people who may sign in. */
export function demoUsers(server: string): Promise<DemoUser[]> {
  return request<DemoUser[]>(`${server}/demo/users`);
}

/** Somebody who is signed in. */
export class Session {
  readonly user: string;
  readonly organizations: readonly Organization[];
  readonly #server: string;
  #token: string;
  #issued = Date.now();

  private constructor(server: string, grant: Grant) {
    this.#server = server;
    this.#token = grant.token;
    this.user = grant.user;
    this.organizations = grant.organizations;
  }

  static async signIn(server: string, user: string): Promise<Session> {
    return new Session(server, await grant(server, user));
  }

  /** Returns a token that the server of this moment accepts: after a restart, it may not know an older one. */
  async token(): Promise<string> {
    if (Date.now() - this.#issued > REUSE_MS) {
      this.#token = (await grant(this.#server, this.user)).token;
      this.#issued = Date.now();
    }
    return this.#token;
  }
}

function grant(server: string, user: string): Promise<Grant> {
  return request<Grant>(`${server}/demo/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user }),
  });
}
