/** What surrounds each view: navigation, session and theme, and the states in which no view can be shown. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { offline, probe } from "../api/connection.ts";
import { Button } from "../components/button.tsx";
import { Link } from "../components/link.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Toasts } from "../components/toast.tsx";
import { Boundary } from "./boundary.tsx";
import { current } from "./location.ts";
import { endSession, hasScope, type Session, session } from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { chooseTheme, readTheme, THEMES } from "./theme.ts";
import { VIEWS, type View } from "./views.ts";

/** The dashboard. */
export function Shell() {
  const signedIn = session.value;
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <TopBar session={signedIn} />
      <OfflineBar />
      {signedIn ? <SignedIn /> : <SignIn />}
      <Toasts />
    </>
  );
}

function SignedIn() {
  const { view: path } = current.value;
  const view = path === "" ? VIEWS[0] : VIEWS.find((one) => one.path === path);
  return (
    <div class="layout">
      <Navigation path={view?.path} />
      <main id="main" tabIndex={-1}>
        <Boundary key={view?.path}>{view ? <Admitted view={view} /> : <UnknownView path={path} />}</Boundary>
      </main>
    </div>
  );
}

/** A view, or a sentence that says which scope the key lacks for it. */
function Admitted({ view: { title, scope, Page } }: { view: View }): ComponentChildren {
  if (hasScope(scope)) return <Page />;
  return (
    <>
      <PageHeader title={title} />
      <Notice kind="info" title={`This view needs a key with the scope ${scope}`}>
        <p>
          The key <code>{session.value?.shown}…</code> does not have it. An administrator can make one that
          has, with <code>weir key create</code>.
        </p>
      </Notice>
    </>
  );
}

function UnknownView({ path }: { path: string }) {
  return (
    <>
      <PageHeader title="No such view" />
      <p>
        The dashboard has no view <code>{path}</code>. <Link to="overview">Go to the overview</Link>.
      </p>
    </>
  );
}

function Navigation({ path }: { path: string | undefined }) {
  return (
    <nav class="navigation" aria-label="Views">
      <ul>
        {VIEWS.map((view) => (
          <li key={view.path}>
            <Link to={view.path} isCurrent={view.path === path}>
              {view.title}
              {!hasScope(view.scope) && <span class="scope-hint">{view.scope}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function TopBar({ session: signedIn }: { session: Session | undefined }) {
  return (
    <header class="top-bar">
      <Link to="overview" class="brand">
        <Mark />
        Weir
      </Link>
      <span class="top-bar-space" />
      <a class="top-bar-link" href="/docs">
        Docs
      </a>
      <ThemeSwitch />
      {signedIn && (
        <div class="who">
          <span class="who-key">
            <span class="visually-hidden">Signed in with the key </span>
            <code>{signedIn.shown}…</code>
            <span class="who-scopes">{signedIn.scopes.join(", ") || "no scope"}</span>
          </span>
          <Button onClick={() => endSession()}>Sign out</Button>
        </div>
      )}
    </header>
  );
}

const Mark = () => (
  <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
    <rect width="32" height="32" rx="7" class="mark-ground" />
    <path d="M5 11h11c4 0 4 10 8 10h3M5 16h8c4 0 4 10 8 10h6M5 21h5" class="mark-water" />
  </svg>
);

const LABELS = { system: "System", light: "Light", dark: "Dark" } as const;

function ThemeSwitch() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <label class="theme-switch">
      <span class="visually-hidden">Theme</span>
      <select
        value={theme}
        onChange={({ currentTarget }) => {
          const chosen = THEMES.find((one) => one === currentTarget.value) ?? "system";
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {LABELS[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

function OfflineBar() {
  return (
    <div role="status">
      {offline.value && (
        <div class="offline-bar">
          <span>The API does not answer. The page tries again by itself.</span>
          <Button onClick={() => void probe()}>Try now</Button>
        </div>
      )}
    </div>
  );
}
