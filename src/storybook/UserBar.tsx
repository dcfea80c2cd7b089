/** @jsxRuntime classic */
import * as React from 'react';

const { useEffect, useState } = React;

export interface UserBarProps {
  readonly user: string;
  readonly isEdited: boolean;
  readonly isPinned: boolean;
  onUser(user: string): void;
  onMountAgain(): void;
  onStartOver(): void;
  onReset(): void;
}

/** Who looks at the story, and what concerns the story as a whole. */
export function UserBar({ user, isEdited, isPinned, ...on }: UserBarProps): React.ReactElement {
  const [draft, setDraft] = useState(user);
  const [copied, setCopied] = useState('');
  useEffect(() => setDraft(user), [user]);
  const copy = (): void => {
    navigator.clipboard.writeText(location.href).then(
      () => setCopied('Link copied'),
      () => setCopied('The link is in the address bar'),
    );
  };

  return (
    <form
      className="bar"
      onSubmit={(event) => {
        event.preventDefault();
        on.onUser(draft.trim());
      }}
    >
      <label>
        User (targeting key)
        <input value={draft} disabled={isPinned} onChange={(event) => setDraft(event.target.value)} />
      </label>
      <button type="submit" disabled={isPinned}>
        Show as this user
      </button>
      <button type="button" onClick={on.onMountAgain}>
        Mount again
      </button>
      <button type="button" onClick={on.onStartOver}>
        Start over
      </button>
      <button type="button" onClick={on.onReset} disabled={!isEdited || isPinned}>
        Clear changes
      </button>
      <button type="button" onClick={copy}>
        Copy link
      </button>
      <span role="status">{copied}</span>
    </form>
  );
}
