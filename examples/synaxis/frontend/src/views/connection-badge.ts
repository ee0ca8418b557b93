import { announce, button, h } from "../dom";
import type { ConnectionState, ConnectionStatus, RealtimeService } from "../realtime-service";

const LABELS: Record<ConnectionStatus, string> = {
  connected: "Connected",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  disconnected: "Disconnected",
};

const TRANSPORTS: Record<string, string> = {
  WebSockets: "WebSockets",
  ServerSentEvents: "Server-Sent Events",
  LongPolling: "Long Polling",
};

/** Says whether the page is live, and how. */
export function connectionBadge(service: RealtimeService): HTMLElement {
  const label = h("span", { class: "connection-label" });
  const transport = h("span", { class: "connection-transport", "data-testid": "transport" });
  const badge = h(
    "p",
    { class: "connection", "data-testid": "connection" },
    h("span", { class: "connection-dot", "aria-hidden": "true" }),
    label,
    transport,
  );
  let last: ConnectionStatus | null = null;
  service.onState((state) => {
    badge.dataset.status = state.status;
    label.textContent = LABELS[state.status];
    transport.textContent = state.status === "connected" ? (TRANSPORTS[state.transport ?? ""] ?? "") : "";
    if (last !== null && last !== state.status) announce(`${LABELS[state.status]}.`);
    last = state.status;
  });
  return badge;
}

/** Explains what is wrong while the page is not live, and offers to start again where waiting does not help. */
export function connectionBanner(service: RealtimeService, restart: () => void): HTMLElement {
  const text = h("p", {});
  const again = button({ class: "button button-small", "data-testid": "connect-again" }, restart, "Connect again");
  const banner = h("div", { class: "banner", hidden: true, "data-testid": "banner" }, text, again);
  const show = (): void => {
    const message = explain(service.state);
    banner.hidden = message === null;
    again.hidden = service.state.status !== "disconnected";
    if (message !== null && text.textContent !== message) text.textContent = message;
  };
  const timer = setInterval(() => {
    if (!banner.isConnected) return clearInterval(timer);
    show();
  }, 1_000);
  service.onState(show);
  return banner;
}

function explain({ status, retryAt, error }: ConnectionState): string | null {
  if (status === "connected") return error;
  if (status === "disconnected") return `The connection was closed.${error ? ` ${error}` : ""}`;
  if (status === "connecting" && error === null) return null;
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
  const next = seconds > 0 ? `Next attempt in ${seconds} s.` : "Trying now…";
  return `The server cannot be reached; what you see may be out of date. ${next}`;
}
