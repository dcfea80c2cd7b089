'use client';

import { useEffect, useLayoutEffect } from 'react';

/** A layout effect; on a server, where React 18 would warn about it, nothing. */
export const useLayout = typeof document === 'undefined' ? useEffect : useLayoutEffect;
