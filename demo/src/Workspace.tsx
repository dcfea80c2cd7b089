import type { ReactNode } from 'react';
import { useValue } from './data/valueStore.js';
import { userStore } from './control/users.js';
import { ScreenContext, screenStore } from './log/screen.js';
import { PanelFrame } from './PanelFrame.js';
import { ActivityBar, MemoryPanel, SessionsList } from './panels.js';

/** The product: an IDE's sessions and memory. */
export function Workspace(): ReactNode {
  const user = useValue(userStore);
  return (
    <ScreenContext value={screenStore}>
      <div className="window" data-testid="workspace">
        <div className="window-bar">
          <span className="lights" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className="window-title">Atlas workspace</span>
          <span className="avatar">
            <span aria-hidden="true">{user.replace('user-', '')}</span>
            <span className="visually-hidden">Signed in as {user}</span>
          </span>
        </div>
        <div className="window-body">
          <PanelFrame feature="activityTracking">
            <ActivityBar />
          </PanelFrame>
          <PanelFrame feature="sessionsList">
            <SessionsList />
          </PanelFrame>
          <PanelFrame feature="memoryPanel">
            <MemoryPanel />
          </PanelFrame>
        </div>
      </div>
    </ScreenContext>
  );
}
