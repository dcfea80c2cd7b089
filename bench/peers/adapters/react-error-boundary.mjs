export const meta = {
  name: 'react-error-boundary',
  kind: 'size only',
  packages: ['react-error-boundary'],
  modes: [],
  size: `export { ErrorBoundary, useErrorBoundary } from 'react-error-boundary';`,
};
