/**
 * Whether the browser says that its user does not want to be tracked: Global Privacy Control, or Do Not Track.
 * @source https://www.w3.org/TR/gpc/, https://www.w3.org/TR/tracking-dnt/
 */
export function hasPrivacySignal(): boolean {
  if (typeof navigator === 'undefined') return false;
  const { globalPrivacyControl, doNotTrack }: { globalPrivacyControl?: unknown; doNotTrack?: unknown } = navigator;
  const { doNotTrack: ofWindow } = globalThis as { readonly doNotTrack?: unknown };
  return globalPrivacyControl === true || [doNotTrack, ofWindow].some((value) => value === '1' || value === 'yes');
}
