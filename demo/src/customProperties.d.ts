import 'react';

declare module 'react' {
  interface CSSProperties {
    readonly '--filled'?: string;
  }
}
