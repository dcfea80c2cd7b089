import { useState, type ReactNode } from 'react';
import { sendVisitors } from '../crowd/sendVisitors.js';
import { useValue } from '../data/valueStore.js';
import { log } from '../log/eventLog.js';
import { publishedStore } from './published.js';

/** Numbers need people. */
export function Crowd(): ReactNode {
  const snapshot = useValue(publishedStore);
  const [done, setDone] = useState<number | null>(null);
  const send = async (): Promise<void> => {
    setDone(0);
    try {
      await sendVisitors(snapshot, setDone);
      log('demo', '100 visitors opened the panels');
    } finally {
      setDone(null);
    }
  };
  return (
    <button type="button" disabled={done !== null || snapshot === undefined} onClick={() => void send()}>
      {done === null ? 'Send 100 visitors' : `${done} of 100 visited…`}
    </button>
  );
}
