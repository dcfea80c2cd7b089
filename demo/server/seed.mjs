/** The features of the demo, as they are before anybody touches them: on, and for nobody yet. */
const demoFeatures = [
  {
    feature: 'memoryPanel',
    owner: 'workspace',
    description: 'Memory panel as cards, with kinds and pins',
    config: { snippetLength: 140 },
  },
  { feature: 'sessionsList', owner: 'workspace', description: 'Sessions with titles made from what happened in them' },
  {
    feature: 'activityTracking',
    owner: 'workspace',
    description: 'Activity as a chart; needs the new sessions list',
    requires: ['sessionsList'],
    config: { bars: 24 },
  },
];

/** Creates them, where they are missing. */
export async function seedFeatures({ url, adminToken }) {
  for (const feature of demoFeatures) {
    const response = await fetch(`${url}/api/features`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ enabled: true, percentage: 0, reason: 'demo set-up', ...feature }),
    });
    if (!response.ok && response.status !== 409)
      throw new Error(`cannot create ${feature.feature}: ${response.status} ${await response.text()}`);
  }
}
