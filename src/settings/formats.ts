'use client';

/** 12.5 as `12.5%`. @param percentage 0–100 */
export const formatPercentage = (percentage: number, locale: string | undefined): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(percentage / 100);

/** A time for people; what is no time stays as it is. @param time ISO 8601, or ms since 1970 */
export function formatTime(time: string | number, locale: string | undefined): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}
