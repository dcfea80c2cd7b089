// What React alone takes for a gate: its components, boundaries and hooks, with nothing in them.
import {
  Component,
  createContext,
  Suspense,
  useContext,
  useLayoutEffect,
  useMemo,
  useReducer,
  useSyncExternalStore,
  type ReactNode,
} from 'react';

interface Store {
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => string;
}

const ClientContext = createContext('client');
const VersionContext = createContext<unknown>(null);
const keep = (state: string): string => state;

class Catcher extends Component<{ readonly children: ReactNode }, { readonly isTripped: boolean }> {
  override state = { isTripped: false };
  static getDerivedStateFromError() {
    return { isTripped: true };
  }
  override render() {
    return this.state.isTripped ? null : this.props.children;
  }
}

class Mark extends Component<{ readonly children: ReactNode }> {
  static override contextType = VersionContext;
  override componentDidMount() {}
  override componentWillUnmount() {}
  override render() {
    return <VersionContext.Provider value={this}>{this.props.children}</VersionContext.Provider>;
  }
}

export function SkeletonGate({ fallback, children }: { readonly fallback: ReactNode; readonly children: ReactNode }) {
  const client = useContext(ClientContext);
  const store = useMemo((): Store => ({ subscribe: () => () => {}, get: () => client }), [client]);
  const view = useSyncExternalStore(store.subscribe, store.get, store.get);
  const [shown] = useReducer(keep, view);
  useLayoutEffect(() => {});
  useLayoutEffect(() => () => {}, [store]);
  useLayoutEffect(() => {}, [view, shown]);
  return (
    <>
      <Catcher>
        <Suspense key={view} fallback={<Mark>{fallback}</Mark>}>
          <Mark>{children}</Mark>
        </Suspense>
      </Catcher>
      {null}
      {null}
    </>
  );
}
