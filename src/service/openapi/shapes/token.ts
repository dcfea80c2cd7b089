import * as v from 'valibot';
import type { StoredToken } from '../../tokenStore.js';
import { role, text, time, whole } from './primitives.js';

export const token = v.object({
  id: whole,
  name: text,
  role,
  createdAt: time,
  createdBy: text,
  expiresAt: v.nullable(time),
  revokedAt: v.nullable(time),
  revokedBy: v.nullable(text),
}) satisfies v.GenericSchema<unknown, StoredToken>;
