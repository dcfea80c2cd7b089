/** The keywords of JSON Schema 2020-12 that our documents use; another one is a fault of the document. */
type Schema = Readonly<Record<string, unknown>>;

/** How much an object may have that its schema does not name: answers nothing, so that the document stays whole. */
interface CheckOptions {
  /** Finds what a `$ref` names. */
  readonly resolve: (ref: string) => unknown;
  /** Whether fields that are not named are faults where the schema does not say. */
  readonly isClosed: boolean;
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

/** What a schema has against a value, each with where it is. */
export function checkJson(schema: unknown, value: unknown, options: CheckOptions, at = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [`${at}: ${String(schema)} is no schema`];
  const faults: string[] = [];
  const fault = (text: string): void =>
    void faults.push(`${at || '(body)'}: ${text}, found ${JSON.stringify(value)?.slice(0, 200)}`);
  const inner = (one: unknown, found: unknown, where = at): readonly string[] => checkJson(one, found, options, where);
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  const own = schema as Schema;
  const { properties = {} } = own as { properties?: Schema };
  for (const [keyword, wanted] of Object.entries(own)) {
    switch (keyword) {
      case '$ref':
        faults.push(...inner(options.resolve(String(wanted)), value));
        break;
      case 'type': {
        const allowed = Array.isArray(wanted) ? wanted : [wanted];
        const is = typeOf(value);
        if (!allowed.includes(is) && !(is === 'integer' && allowed.includes('number')))
          fault(`a ${allowed.join(' or ')}`);
        break;
      }
      case 'const':
        if (value !== wanted) fault(JSON.stringify(wanted));
        break;
      case 'enum':
        if (!(wanted as unknown[]).includes(value)) fault(`one of ${JSON.stringify(wanted)}`);
        break;
      case 'anyOf': {
        const tried = (wanted as unknown[]).map((one) => inner(one, value));
        // Of several, the nearest one says what is wrong.
        if (!tried.some((one) => one.length === 0)) faults.push(...tried.sort((a, b) => a.length - b.length)[0]!);
        break;
      }
      case 'items':
        if (Array.isArray(value)) faults.push(...value.flatMap((item, index) => inner(wanted, item, `${at}/${index}`)));
        break;
      case 'properties':
        if (!isRecord) break;
        for (const [name, one] of Object.entries(wanted as Schema))
          if (Object.hasOwn(value, name)) faults.push(...inner(one, (value as Schema)[name], `${at}/${name}`));
        if (options.isClosed && own['type'] === 'object' && !('additionalProperties' in own))
          for (const name of Object.keys(value)) if (!Object.hasOwn(properties, name)) fault(`nothing says ${name}`);
        break;
      case 'additionalProperties':
        if (!isRecord || wanted === true) break;
        for (const [name, one] of Object.entries(value)) {
          if (Object.hasOwn(properties, name)) continue;
          if (wanted === false) fault(`no ${name}`);
          else faults.push(...inner(wanted, one, `${at}/${name}`));
        }
        break;
      case 'required':
        if (isRecord)
          for (const name of wanted as string[]) if (!Object.hasOwn(value, name)) fault(`${name} is missing`);
        break;
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(String(wanted)).test(value)) fault(`text like ${String(wanted)}`);
        break;
      case 'format':
        if (typeof value !== 'string') break;
        if (wanted === 'date-time' && !dateTime.test(value)) fault('a date and time');
        if (wanted === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(value)) fault('a date');
        break;
      case 'minimum':
        if (typeof value === 'number' && value < Number(wanted)) fault(`${Number(wanted)} or more`);
        break;
      case 'maximum':
        if (typeof value === 'number' && value > Number(wanted)) fault(`${Number(wanted)} or less`);
        break;
      case 'minLength':
      case 'maxLength':
      case 'minItems':
      case 'maxItems': {
        const isOfKind = keyword.endsWith('Items') ? Array.isArray(value) : typeof value === 'string';
        if (!isOfKind) break;
        const { length } = value as { length: number };
        if (keyword.startsWith('min') ? length < Number(wanted) : length > Number(wanted))
          fault(`${keyword} ${Number(wanted)}`);
        break;
      }
      case 'description':
      case 'default':
        break;
      default:
        fault(`the keyword ${keyword} is not known to this test`);
    }
  }
  return faults;
}
