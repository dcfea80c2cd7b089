const maxSegments = 8;
// Words of a route: anything with a digit, an @, an encoded character or capitals inside may be somebody's.
const plainSegment = /^[a-z]+([-_.][a-z]+)*$/i;
const maxSegmentLength = 32;

/**
 * Says where somebody is without saying who: no query, no hash, and `:id` for what may be a name or a number.
 * @param pathname such as `/users/42/settings`, which becomes `/users/:id/settings`
 */
export function describePath(pathname: string): string {
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const shown = segments
    .slice(0, maxSegments)
    .map((segment) => (segment.length <= maxSegmentLength && plainSegment.test(segment) ? segment : ':id'));
  return `/${shown.join('/')}${segments.length > maxSegments ? '/…' : ''}`;
}
