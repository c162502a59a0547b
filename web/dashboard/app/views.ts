/** The views, in the order of the navigation. A view is one line here and a folder in `views/`. */
import type { ComponentType } from "preact";
import { AuditView } from "../views/audit/audit.tsx";
import { ClientsView } from "../views/clients/clients.tsx";
import { EventsView } from "../views/events/events.tsx";
import { ExploreView } from "../views/explore/explore.tsx";
import { OverviewView } from "../views/overview/overview.tsx";
import { QuarantineView } from "../views/quarantine/quarantine.tsx";
import type { Scope } from "./session.ts";

export interface View {
  /** In the URL: `/dashboard/<path>`. */
  path: string;
  title: string;
  /** The scope that a key needs to use the view. */
  scope: Scope;
  Page: ComponentType;
}

export const VIEWS: readonly View[] = [
  { path: "overview", title: "Overview", scope: "read", Page: OverviewView },
  { path: "events", title: "Events", scope: "read", Page: EventsView },
  { path: "explore", title: "Explore", scope: "read", Page: ExploreView },
  { path: "audit", title: "Audit", scope: "audit", Page: AuditView },
  { path: "quarantine", title: "Quarantine", scope: "admin", Page: QuarantineView },
  { path: "clients", title: "Clients and keys", scope: "admin", Page: ClientsView },
];
