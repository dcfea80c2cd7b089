const isNightly = process.env['SWITCHBACK_NIGHTLY'] !== undefined;

/** How many cases a property draws: few where each takes long and every change waits for them, more at night. */
export const drawn = (byDay: number, byNight: number): number => (isNightly ? byNight : byDay);
