import { useEffect, useState, type ReactNode } from 'react';

interface Progress {
  readonly rollbackComplete: boolean;
  readonly target: { readonly revision: number } | null;
  readonly elapsedSeconds: number;
  readonly streams: { readonly sampled: number; readonly confirmed: number };
}

/** How far the newest rollback has come, as the service knows it. */
export function RollbackProgress({ since }: { readonly since: string }): ReactNode {
  const [progress, setProgress] = useState<Progress | null>(null);

  useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout>;
    const read = async (): Promise<void> => {
      let next: Progress | null = null;
      try {
        const response = await fetch('/api/health/rollback-status');
        if (response.ok) next = (await response.json()) as Progress;
      } catch {
        // Asked again below.
      }
      if (isGone) return;
      if (next !== null) setProgress(next);
      if (next?.rollbackComplete !== true) timer = setTimeout(() => void read(), 500);
    };
    void read();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [since]);

  if (progress === null || progress.target === null) return null;
  const { streams, elapsedSeconds, rollbackComplete } = progress;
  const screens = `${streams.confirmed} of ${streams.sampled} open pages confirmed`;
  return (
    <span className="progress">{rollbackComplete ? `${screens} in ${elapsedSeconds} s.` : `${screens}, waiting…`}</span>
  );
}
