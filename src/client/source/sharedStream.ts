// Comes in: what the leading tab of this browser hears. Goes out: the same in each tab, by one connection. Who calls: liveStream.
import type { Order } from '../../evaluate/snapshot.js';
import { createConfirmation } from './confirmation.js';
import { actOnEvent, readHeardEvent, troubleSpreadMs } from './heardEvent.js';
import { createLeadership } from './leadership.js';
import type { EventStreamConstructor, LiveStream } from './streamHost.js';
import { createOwnStream } from './ownStream.js';
import type { Sharing, StreamChannel } from './pageSharing.js';
import type { RatedHost } from './ratedHost.js';
import { readRelayed, type Relayed } from './relay.js';
import type { StreamEvent } from './streamEvent.js';
import { createTabTally } from './tabTally.js';

/** After so long without a word the leader is asked whether it is there, and replaced if it does not say so at once. */
const silenceMs = 17_000;
const answerMs = 1_000;
const stealSpreadMs = 500;
/** Heartbeats of a leader in the background after which a tab that is seen takes its place: more than a minute. */
const maxHiddenBeats = 8;

/** Tabs queue for a lock; who holds it has the stream and repeats on a channel what it hears. */
export function createSharedStream(
  host: RatedHost,
  EventSource: EventStreamConstructor,
  sharing: Sharing,
): Omit<LiveStream, 'missed'> {
  const { clock, random, cancel, later, compareOrder } = host;
  const { locks, visibility } = sharing;
  const name = `switchback:stream:${digestOf(new URL(host.url, sharing.baseUrl).href)}`;
  const tab = Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-');
  let role: 'away' | 'following' | 'leading' | 'alone' = 'away';
  let channel: StreamChannel | undefined;
  /** Of the leader that is believed. */
  let term = 0;
  let highest = 0;
  let isLive = false;
  let isClosed = false;
  let heardAtMs = 0;
  let hiddenBeats = 0;
  let shown: Order | null = null;
  /** What a tab that joins has to know. */
  let greeting: readonly [StreamEvent['type'], string][] = [];
  let hello: { readonly streamId: string; readonly aheadMs: number } | undefined;

  const say = (message: Relayed): void => {
    try {
      channel?.postMessage(message);
    } catch (error) {
      host.fault('cannot be shared', error);
    }
  };
  const leads = (to: string | null = null) => ({
    term,
    isVisible: visibility.isVisible(),
    isDegraded: host.isDegraded(),
    to,
  });

  const stream = createOwnStream(host, EventSource, {
    // Others first: what happens here may take its time.
    arrived(type, data) {
      if (role === 'leading') say({ kind: 'event', type, data, leads: leads() });
      if (type === 'snapshot' || type === 'revision') greeting = [[type, data]];
    },
    heard(event) {
      if (event.type === 'hello' || event.type === 'heartbeat') {
        const streamId = event.type === 'hello' ? event.streamId : hello?.streamId;
        if (streamId) hello = { streamId, aheadMs: event.nowMs - clock.now() };
      }
      actOnEvent(host, event);
      if (event.type === 'hello') confirmation.hello(event.streamId);
      if (event.type === 'heartbeat') tally.check();
    },
    closed(isTrouble) {
      hello = undefined;
      confirmation.lost();
      if (isTrouble && role === 'leading') say({ kind: 'lost', leads: leads() });
    },
  });
  const confirmation = createConfirmation(host);
  const tally = createTabTally({
    compareOrder,
    async countTabs() {
      const { held = [], pending = [] } = await locks.query();
      return [...held, ...pending].filter((lock) => lock.name === name).length;
    },
    confirm: (order) => role === 'leading' && confirmation.confirm(order),
  });

  const claim = (): void => {
    // Of the time too: a tab that comes and leads before it has heard of any leader must not be taken for an old one.
    term = highest = Math.max(highest + 1, Math.floor(clock.now()));
    say({ kind: 'lead', leads: leads() });
  };
  /**
   * Two tabs say that they lead: one was frozen and has not yet heard that the lock was stolen from it. It will at once; who
   * leads after a moment still claims again, and repeats what nobody believed.
   */
  const contest = (): void => {
    later('contest', answerMs, () => {
      claim();
      greet(null);
    });
  };
  const leadership = createLeadership(locks, name, {
    onLead() {
      role = 'leading';
      host.shares(null);
      cancel('silence');
      claim();
      show();
      stream.open();
    },
    onRobbed() {
      cancel('contest');
      follow();
      stream.close();
      host.getWithin(troubleSpreadMs);
    },
    onRefused: (error) => beAlone(error),
  });
  const beAlone = (error: unknown): void => {
    host.fault('cannot be shared', error);
    leave();
    role = 'alone';
    host.shares(null);
    stream.open();
  };

  const join = (): void => {
    if (role !== 'away' || isClosed) return;
    try {
      channel = sharing.openChannel(name, (message) => hear(readRelayed(message)));
    } catch (error) {
      return beAlone(error);
    }
    follow();
    leadership.ask();
  };
  const leave = (): void => {
    say({ kind: 'leave', tab });
    role = 'away';
    isLive = false;
    for (const timer of ['silence', 'prefer', 'contest']) cancel(timer);
    leadership.drop();
    stream.close();
    channel?.close();
    channel = undefined;
  };
  const follow = (): void => {
    role = 'following';
    isLive = false;
    heardAtMs = clock.now();
    say({ kind: 'join', tab, shown: screen() });
    listen();
  };

  /** Waits for the next word of the leader. */
  const listen = (): void => {
    heardAtMs = clock.now();
    later('silence', silenceMs, ask);
  };
  // A tab that slept itself finds words of the leader only after its timers ran: it asks before it takes the lead.
  const ask = (): void => {
    say({ kind: 'join', tab, shown: screen() });
    later('silence', answerMs + random() * stealSpreadMs, replace);
  };
  const replace = (): void => {
    isLive = false;
    // Whoever leads next is believed, whatever its term.
    term = 0;
    host.changed(false, false);
    if (visibility.isVisible()) {
      // Its first event is what a GET would bring; should there be none, the page polls.
      host.pollLater();
      leadership.steal();
    } else if (!host.isGetting()) host.getWithin(troubleSpreadMs);
  };

  const hear = (message: Relayed | undefined): void => {
    if (!message) return;
    if ('leads' in message) {
      const { to } = message.leads;
      if (role === 'leading' && message.leads.term >= term) {
        highest = message.leads.term;
        contest();
      }
      if (role === 'following' && message.leads.term >= term && (to === null || to === tab)) obey(message);
    } else if (role === 'leading') answer(message);
  };
  /** As follower. */
  const obey = (message: Extract<Relayed, { leads: unknown }>): void => {
    const isNew = message.leads.term > term;
    term = message.leads.term;
    highest = Math.max(highest, term);
    host.shares(message.leads.isDegraded);
    listen();
    if (isNew || message.kind === 'lead') show();
    if (isNew) cancel('prefer');
    if (message.kind === 'lost') {
      isLive = false;
      host.changed(false, false);
      if (!host.isGetting()) host.getWithin(troubleSpreadMs);
    }
    if (message.kind !== 'event') return;
    const event = readHeardEvent(host, message.type, message.data);
    if (!event) return;
    isLive = event.type !== 'bye';
    host.changed(isLive, isLive);
    actOnEvent(host, event);
    if (event.type === 'heartbeat') {
      show();
      prefer(message.leads.isVisible);
    }
  };
  const prefer = (isLeaderVisible: boolean): void => {
    hiddenBeats = isLeaderVisible || !visibility.isVisible() ? 0 : hiddenBeats + 1;
    if (hiddenBeats < maxHiddenBeats) return;
    hiddenBeats = 0;
    later('prefer', random() * troubleSpreadMs, () => leadership.steal());
  };
  /** As leader. */
  const answer = (message: Exclude<Relayed, { leads: unknown }>): void => {
    if (message.kind === 'leave') return tally.leave(message.tab);
    if (message.kind === 'open') return stream.open();
    const { kind, shown: order } = message;
    if (order) tally.show(message.tab, order);
    // A frozen page may still be given messages: who hears nothing must not say that it is there.
    if (kind === 'shown' || stream.isSilent()) return;
    say({ kind: 'lead', leads: leads(message.tab) });
    greet(message.tab);
  };
  const greet = (to: string | null): void => {
    if (!hello) return;
    const greeted = JSON.stringify({ streamId: hello.streamId, now: Math.floor(clock.now() + hello.aheadMs) });
    for (const [type, data] of [['hello', greeted] as const, ...greeting])
      say({ kind: 'event', type, data, leads: leads(to) });
  };

  /** Up to where this screen shows what is in force: what was confirmed, or known before anybody asked. */
  const screen = (): Order | null => {
    let known: Order | null = null;
    host.tell(() => (known = host.order()));
    if (!shown || (known && compareOrder(known, shown) > 0)) shown = known;
    return shown && { epoch: shown.epoch, revision: shown.revision };
  };
  const show = (): void => {
    const order = screen();
    if (!order) return;
    if (role === 'leading') tally.show(tab, order);
    else say({ kind: 'shown', tab, shown: order });
  };

  const stopPage = sharing.onPage(leave, () => {
    if (role !== 'away' || isClosed) return;
    join();
    host.getWithin(troubleSpreadMs);
  });

  return {
    open() {
      if (role === 'away') join();
      else if (role === 'following') say({ kind: 'open', tab });
      else stream.open();
    },
    close() {
      isClosed = true;
      stopPage();
      leave();
    },
    wake() {
      if (role !== 'following') stream.wake();
      else if (clock.now() - heardAtMs > silenceMs) ask();
    },
    confirm(order) {
      if (!shown || compareOrder(order, shown) > 0) shown = order;
      show();
      if (role === 'leading') tally.want(order);
      else if (role === 'alone') confirmation.confirm(order);
    },
  };
}

/** Names a URL. It protects nothing. */
function digestOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(at), 0x5bd1e995);
  }
  return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
