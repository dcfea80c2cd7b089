import { parseSync } from 'vite';

/** What the house rules need to know of one source file. */
export interface ModuleFacts {
  /** Everything it imports or re-exports from, types and dynamic imports included, each once. */
  readonly imports: readonly string[];
  readonly directives: readonly string[];
  /** Names from the browser's global scope that it reads. */
  readonly domGlobals: readonly string[];
  readonly hasExportAll: boolean;
  /** Names of module-level variables that can be assigned again. */
  readonly moduleVariables: readonly string[];
  /** It has types only: nothing of it is left after compiling. */
  readonly isTypesOnly: boolean;
  readonly syntaxErrors: readonly string[];
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>;

const domNames = new Set(['window', 'document', 'localStorage', 'sessionStorage', 'navigator', 'HTMLElement']);

/** Reads a TypeScript file without running it. */
export function readModule(path: string, text: string): ModuleFacts {
  const { program, errors } = parseSync(path, text);
  const root: unknown = program;
  if (!isNode(root)) throw new TypeError(`${path} has no syntax tree`);
  const body = root['body'] as readonly Node[];
  const imports = new Set<string>();
  const domGlobals = new Set<string>();
  walk(root, (node) => {
    const from = importedFrom(node);
    if (from !== undefined) imports.add(from);
    if (node.type === 'Identifier' && domNames.has(String(node['name']))) domGlobals.add(String(node['name']));
  });
  return {
    imports: [...imports],
    directives: body.map((node) => node['directive']).filter((directive) => typeof directive === 'string'),
    domGlobals: [...domGlobals],
    hasExportAll: body.some((node) => node.type === 'ExportAllDeclaration'),
    moduleVariables: body.flatMap(assignableNames),
    isTypesOnly: body.every(isTypeOnly),
    syntaxErrors: errors.map((error) => error.message),
  };
}

function importedFrom(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node['source'] ?? node['argument']);
    case 'TSExternalModuleReference':
      return literal(node['expression']);
    default:
      return undefined;
  }
}

// `import('x')` as a type carries its literal directly or wrapped in a literal type, depending on the parser's version.
function literal(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (typeof value['value'] === 'string') return value['value'];
  return literal(value['literal']);
}

function assignableNames(statement: Node): string[] {
  const declaration = isNode(statement['declaration']) ? statement['declaration'] : statement;
  if (declaration.type !== 'VariableDeclaration' || declaration['kind'] === 'const') return [];
  const declarators = declaration['declarations'] as readonly Node[];
  return declarators.map(({ id }) => (isNode(id) && typeof id['name'] === 'string' ? id['name'] : 'a pattern'));
}

function isTypeOnly(statement: Node): boolean {
  const declaration = statement['declaration'];
  switch (statement.type) {
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSModuleDeclaration':
      return true;
    case 'ImportDeclaration':
      return statement['importKind'] === 'type';
    case 'ExportNamedDeclaration':
      return isNode(declaration) ? isTypeOnly(declaration) : statement['exportKind'] === 'type';
    default:
      return false;
  }
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const [field, value] of Object.entries(node)) {
    // `context.window` and `{ window: 1 }` name a property, not the browser's window.
    if ((field === 'property' || field === 'key') && node['computed'] !== true && node['shorthand'] !== true) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
