import type { ReactNode } from 'react';
import type { Version } from 'react-switchback';

export const VersionBadge = ({ version }: { readonly version: Version }): ReactNode => (
  <span className="version-badge" data-version={version}>
    {version}
  </span>
);
