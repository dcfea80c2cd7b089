// Names as an attack: how many series a feature gets of them, and what the service's memory does.
import { setTimeout as delay } from 'node:timers/promises';
import { noCap, prepare } from './ingest.mjs';

/** @returns rows of what was measured */
export async function measureLabels({ start, startGenerator, senders, labels }) {
  const service = await start(noCap);
  const generator = startGenerator();
  try {
    const common = {
      url: service.url,
      senders,
      features: ['feature1'],
      feature: 'feature1',
      ...(await prepare(service)),
    };
    // What the first requests of all bring into memory is no matter of names.
    await generator.ask('sendBatches', { ...common, seconds: 5 });
    const beforeKib = service.rssKib();
    const { labels: sent, leftOut } = await generator.ask('sendLabels', { ...common, labels });
    // Longer than the pause between two roll-ups.
    await delay(6_000);
    const grownMb = (service.rssKib() - beforeKib) / 1_024;
    const { rows } = await service.sql.query(
      `SELECT count(*) FILTER (WHERE name LIKE 'm %')::int AS measures, count(*) FILTER (WHERE name NOT LIKE 'm %')::int AS keys
        FROM metric_series`,
    );
    const [{ measures, keys }] = rows;
    return [
      {
        what: `${number(sent)} names of measures and ${number(sent / 10)} stages of ${number(senders)} senders: series with a place (names, rows), the rest as other`,
        measured: `${measures + keys} (${measures}, ${keys}), ${number(leftOut)}`,
        goal: '≤ 200',
        isMet: measures + keys <= 200,
      },
      {
        what: 'growth of the service by them',
        measured: `${number(grownMb)} MB`,
        goal: '< 50 MB',
        isMet: grownMb < 50,
      },
    ];
  } finally {
    await generator.close();
    await service.stop();
  }
}

const number = (value) => Math.round(value).toLocaleString('en');
