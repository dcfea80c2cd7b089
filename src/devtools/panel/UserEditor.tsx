import { useState, type FormEvent, type ReactNode } from 'react';
import { showValue } from '../../error.js';
import type { PanelProps } from './panelProps.js';

/** Who the user is, and who they could be. */
export function UserEditor({ client, inspector }: PanelProps): ReactNode {
  const { context } = client.internals.parts.read();
  const { targetingKey = '', region = '', ...attributes } = context;
  const known = JSON.stringify(context, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return (
    <section aria-labelledby="user">
      <h3 id="user">User</h3>
      {/* What is typed is kept until the user is another one. */}
      <UserForm
        key={known}
        client={client}
        inspector={inspector}
        targetingKey={targetingKey}
        region={region}
        attributes={Object.entries(attributes)}
      />
    </section>
  );
}

interface UserFormProps extends PanelProps {
  readonly targetingKey: string;
  readonly region: string;
  readonly attributes: readonly (readonly [name: string, value: unknown])[];
}

function UserForm({ client, inspector, attributes, ...now }: UserFormProps): ReactNode {
  const [targetingKey, setTargetingKey] = useState(now.targetingKey);
  const [region, setRegion] = useState(now.region);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const { region: _, ...rest } = client.internals.parts.read().context;
    inspector.changeContext({ ...rest, targetingKey, ...(region.trim() !== '' && { region: region.trim() }) });
  };
  return (
    <form className="user" onSubmit={submit}>
      <label className="field">
        Targeting key
        <input value={targetingKey} onChange={(event) => setTargetingKey(event.target.value)} spellCheck={false} />
      </label>
      <label className="field">
        Region
        <input value={region} onChange={(event) => setRegion(event.target.value)} spellCheck={false} />
      </label>
      {attributes.length > 0 ? (
        <dl className="facts">
          {attributes.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{showValue(value)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <p className="row">
        <button type="submit">Be this user</button>
        {inspector.isContextChanged() ? (
          <button type="button" onClick={() => inspector.changeContext(null)}>
            Be the app’s user again
          </button>
        ) : null}
      </p>
    </form>
  );
}
