export declare const roads: Readonly<Record<string, unknown>>;
export declare const states: Readonly<Record<string, { touches(road: string): boolean }>>;
