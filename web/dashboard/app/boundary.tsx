import { Component, type ComponentChildren } from "preact";
import { Button } from "../components/button.tsx";
import { Notice } from "../components/notice.tsx";

interface State {
  error?: Error;
}

/** Keeps the rest of the page when a view fails, and says so. */
export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = {};

  override componentDidCatch(error: Error): void {
    console.error(error);
    this.setState({ error });
  }

  override render({ children }: { children: ComponentChildren }, { error }: State) {
    if (error === undefined) return children;
    return (
      <Notice kind="error" title="This view failed">
        <p>
          It is a fault of the dashboard: <code>{error.message}</code>
        </p>
        <Button onClick={() => this.setState({} as State, () => location.reload())}>
          Load the page again
        </Button>
      </Notice>
    );
  }
}
