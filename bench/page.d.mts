import type { Browser } from 'playwright';

export interface ServedPage {
  readonly url: string;
  readonly chunks: readonly {
    readonly fileName: string;
    readonly isEntry: boolean;
    readonly isDynamicEntry: boolean;
    readonly imports: readonly string[];
    readonly moduleIds: readonly string[];
  }[];
  close(): Promise<void>;
}

export declare function servePage(entry: string): Promise<ServedPage>;
export declare function launchChromium(): Promise<Browser>;
