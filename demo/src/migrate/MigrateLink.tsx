import type { ReactNode } from 'react';
import './migrateLink.css';

/** The way from the workspace to the page where its data moves. */
export const MigrateLink = (): ReactNode => (
  <nav aria-label="More of the demo">
    <a className="migrate-link" href="/?migrate">
      Move the data
    </a>
  </nav>
);
