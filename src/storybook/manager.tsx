/** @jsxRuntime classic */
// Classic, since the manager has a React of its own, which may be older than the host's.
import * as React from 'react';
import { addons, types } from 'storybook/manager-api';
import { Panel } from './Panel.js';
import { addonId, panelId, parameterName } from './report.js';

addons.register(addonId, () => {
  addons.add(panelId, {
    type: types.PANEL,
    title: 'Versions',
    paramKey: parameterName,
    render: ({ active = false }) => (active ? <Panel /> : null),
  });
});
