/** Tallies and batches carry no more names per feature and version. */
export const maxMeasures = 10;
/** Beyond this sums lose whole numbers. */
export const maxMeasured = 1e15;

export const measureNamePattern = /^[a-zA-Z][a-zA-Z0-9_.]{0,63}$/;
/** A symbol of UCUM, or what is counted in braces; at most 16 characters. */
export const measureUnitPattern = /^[A-Za-z0-9%'"*/.^[\](){}_-]{1,16}$/;
