import "./styles/base.css";
import "./styles/layout.css";
import "./styles/panels.css";
import { recall, remember } from "./memory";
import { RealtimeService } from "./realtime-service";
import { keepTimesFresh } from "./relative-time";
import { Session } from "./session";
import { readSettings } from "./settings";
import { dashboard } from "./views/dashboard";
import { signInPage } from "./views/sign-in";

const settings = readSettings(location.search);
const app = document.getElementById("app") as HTMLElement;

async function signIn(user: string): Promise<void> {
  const session = await Session.signIn(settings.server, user);
  remember(sessionStorage, "user", user);
  const service = new RealtimeService({
    url: `${settings.server}/hubs/synaxis`,
    accessToken: () => session.token(),
    ...(settings.transport !== undefined && { transport: settings.transport }),
  });
  app.replaceChildren(dashboard(session, service, () => void signOut(service)));
}

async function signOut(service: RealtimeService): Promise<void> {
  remember(sessionStorage, "user", null);
  remember(sessionStorage, "organization", null);
  app.replaceChildren(signInPage(settings.server, signIn));
  await service.stop();
}

async function begin(): Promise<void> {
  keepTimesFresh();
  const user = recall(sessionStorage, "user");
  if (user !== null) {
    try {
      return await signIn(user);
    } catch {
      remember(sessionStorage, "user", null);
    }
  }
  app.replaceChildren(signInPage(settings.server, signIn));
}

void begin();
