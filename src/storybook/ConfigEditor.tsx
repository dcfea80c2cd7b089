/** @jsxRuntime classic */
import * as React from 'react';
import type { JsonObject } from '../evaluate/snapshot.js';

const { useEffect, useId, useState } = React;

export interface ConfigEditorProps {
  readonly config: JsonObject;
  readonly isDisabled: boolean;
  onApply(config: JsonObject): void;
}

/** The feature's settings as JSON. */
export function ConfigEditor({ config, isDisabled, onApply }: ConfigEditorProps): React.ReactElement {
  const id = useId();
  const written = JSON.stringify(config, null, 2);
  const [text, setText] = useState(written);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    setText(written);
    setProblem('');
  }, [written]);
  const apply = (): void => {
    const read = readObject(text);
    if (typeof read === 'string') return setProblem(read);
    setProblem('');
    onApply(read);
  };

  return (
    <fieldset disabled={isDisabled}>
      <legend>Config</legend>
      <label htmlFor={id}>Settings, as JSON</label>
      <textarea
        id={id}
        rows={Math.min(8, text.split('\n').length + 1)}
        spellCheck={false}
        value={text}
        aria-invalid={problem !== ''}
        aria-describedby={`${id}-problem`}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <button type="button" onClick={apply} disabled={text === written}>
          Apply config
        </button>
        <span id={`${id}-problem`} className="error" role="status">
          {problem}
        </span>
      </div>
    </fieldset>
  );
}

function readObject(text: string): JsonObject | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
    return 'An object is wanted, such as {"pageSize": 20}';
  } catch (error) {
    return error instanceof Error ? error.message : 'This is no JSON';
  }
}
