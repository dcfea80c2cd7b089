// What becomes of TypeDoc's model before it is written: names as users import them, types as the code says them, each thing once.
// Says which exports have no docstring.
import {
  Context,
  Converter,
  DeclarationReflection,
  makeRecursiveVisitor,
  ReflectionGroup,
  ReflectionKind,
  TypeScript as ts,
  UnionType,
} from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, complete, 100);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, nameParameters, -100);
  app.converter.on(Converter.EVENT_RESOLVE_END, dropInherited, -50);
  app.converter.on(Converter.EVENT_RESOLVE_END, dropValues, -50);
  app.converter.on(Converter.EVENT_RESOLVE_END, group, -200);
  app.converter.on(Converter.EVENT_RESOLVE_END, keepAliases, -200);
  app.converter.on(Converter.EVENT_RESOLVE_END, (context) => nameUndocumented(context, app.logger), -300);
}

const modulesOf = ({ project }) => project.getReflectionsByKind(ReflectionKind.Module);
const isComponent = ({ kind, name }) =>
  (kind === ReflectionKind.Function || kind === ReflectionKind.Variable) && /^[A-Z]/.test(name);

/**
 * Types as they are written: the compiler has forgotten names such as `FeatureKey`, which is `string` here, and gives the members
 * of a union in an order of its own. Types that are named but not exported come to the page that names them.
 */
function complete(context) {
  const { project, converter } = context;
  context.setActiveProgram(context.programs[0]);
  const seen = new Set();
  for (let found = Object.values(project.reflections); found.length > 0;) {
    for (const reflection of found) asDeclared(context, reflection);
    const missing = new Map();
    for (const reflection of Object.values(project.reflections)) {
      if (seen.has(reflection)) continue;
      seen.add(reflection);
      if (!isInternal(reflection)) collectNamed(context, reflection, missing);
    }
    converter.permitDeferredConversion();
    for (const [symbol, module] of missing) converter.convertSymbol(context.withScope(module), symbol);
    converter.finalizeDeferredConversion();
    found = Object.values(project.reflections).filter((reflection) => !seen.has(reflection));
  }
}

const isInternal = (reflection) =>
  reflection !== undefined && (reflection.comment?.hasModifier('@internal') || isInternal(reflection.parent));

/** Symbols by the references to them: TypeDoc keeps only their names. */
const symbols = new WeakMap();
const { createSymbolReference } = Context.prototype;
Context.prototype.createSymbolReference = function (symbol, ...rest) {
  const reference = createSymbolReference.call(this, symbol, ...rest);
  symbols.set(reference, symbol);
  return reference;
};

function collectNamed(context, reflection, missing) {
  const visitor = makeRecursiveVisitor({
    reference(type) {
      const symbol = symbols.get(type);
      if (symbol === undefined || context.getReflectionFromSymbol(symbol) !== undefined) return;
      const [declaration] = symbol.declarations ?? [];
      if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return;
      if (declaration.getSourceFile().fileName.includes('/node_modules/')) return;
      if (!missing.has(symbol)) missing.set(symbol, moduleOf(reflection));
    },
  });
  const { type, default: fallback, extendedTypes = [] } = reflection;
  for (const one of [type, fallback, ...extendedTypes]) one?.visit?.(visitor);
}

const moduleOf = (reflection) => (reflection.kind === ReflectionKind.Module ? reflection : moduleOf(reflection.parent));

function asDeclared(context, reflection) {
  const declarations = declarationsOf(context, reflection);
  const { parent } = reflection;
  if (reflection.kindOf(ReflectionKind.Parameter)) {
    const [declaration] = declarations;
    if (declaration !== undefined && ts.isParameter(declaration)) convert(context, reflection, declaration.type);
  } else if (reflection.kindOf(ReflectionKind.Property)) {
    const [declaration] = declarations;
    const isOwn = declarationsOf(context, parent).includes(declaration?.parent);
    if (isOwn && ts.isPropertySignature(declaration)) convert(context, reflection, declaration.type);
  } else if (reflection.kindOf(ReflectionKind.CallSignature)) {
    const { signatures = [] } = parent;
    const written = declarationsOf(context, parent).filter(
      (declaration) => ts.isFunctionLike(declaration) && !(declaration.body && signatures.length > 1),
    );
    convert(context, reflection, written[signatures.indexOf(reflection)]?.type);
  }
}

function convert(context, reflection, node) {
  if (node === undefined || ts.isTypePredicateNode(node) || ts.isThisTypeNode(node)) return;
  const scopeOf = (one) => (one === context.project ? context : scopeOf(one.parent).withScope(one));
  const type = context.converter.convertType(scopeOf(reflection), node);
  reflection.type = reflection.flags.isOptional ? withoutUndefined(type) : type;
}

/** How an alias is written, and what it names. */
export const aliases = new WeakMap();

function keepAliases(context) {
  for (const alias of context.project.getReflectionsByKind(ReflectionKind.TypeAlias)) {
    const declaration = declarationsOf(context, alias).find(ts.isTypeAliasDeclaration);
    if (declaration === undefined) continue;
    const named = new Set();
    const visitor = makeRecursiveVisitor({
      reference({ reflection }) {
        if (reflection instanceof DeclarationReflection) named.add(reflection);
      },
      reflection({ declaration: inner }) {
        const { children = [], signatures = [] } = inner;
        for (const one of [...children, ...signatures, ...signatures.flatMap(({ parameters = [] }) => parameters)])
          one.type?.visit(visitor);
      },
    });
    alias.type?.visit(visitor);
    named.delete(alias);
    aliases.set(alias, { text: declaration.getText().replace(/^export /, ''), named: [...named] });
  }
}

const declarationsOf = (context, reflection) => context.getSymbolFromReflection(reflection)?.declarations ?? [];

function withoutUndefined(type) {
  if (type.type !== 'union') return type;
  const types = type.types.filter((member) => member.type !== 'intrinsic' || member.name !== 'undefined');
  return types.length === 1 ? types[0] : new UnionType(types);
}

/** Parameters that are taken apart have no name in the code. */
function nameParameters(context) {
  for (const parameter of context.project.getReflectionsByKind(ReflectionKind.Parameter))
    if (parameter.name === '__namedParameters')
      parameter.name = parameter.type?.name?.endsWith('Props') ? 'props' : 'options';
}

/** An object's parts are described by their types: which function is behind one is nothing to rely on. */
function dropValues({ project }) {
  for (const part of project.getReflectionsByKind(ReflectionKind.Property | ReflectionKind.Method))
    if (part.parent.kind === ReflectionKind.TypeLiteral) delete part.defaultValue;
}

/** What a type has from another one on these pages is read there, and what it has from the language everybody knows. */
function dropInherited({ project }) {
  const { Constructor, Method, Property } = ReflectionKind;
  for (const reflection of project.getReflectionsByKind(Constructor | Method | Property)) {
    const { inheritedFrom, kind, name, parent } = reflection;
    if (inheritedFrom === undefined) continue;
    const isSaid = parent.extendedTypes?.some(
      ({ reflection: base }) => base instanceof DeclarationReflection && base.getChildByName(name),
    );
    if (isSaid || kind === Constructor) project.removeReflection(reflection);
  }
}

const titles = new Map([
  [ReflectionKind.Class, 'Classes'],
  [ReflectionKind.Function, 'Functions'],
  [ReflectionKind.Variable, 'Values'],
]);
const named = 'Types named above';
const order = ['Components', 'Hooks', 'Functions', 'Classes', 'Values', 'Types', named, 'References'];

/** By what somebody looks for, in alphabetical order. */
function group(context) {
  for (const module of modulesOf(context)) {
    if (module.name === 'index') module.name = 'react-switchback';
    const exported = exportedNames(context, module);
    const titleOf = (child) => {
      if (child.kind === ReflectionKind.Reference) return 'References';
      if (!exported.has(child.name)) return named;
      if (isComponent(child)) return 'Components';
      if (child.kind === ReflectionKind.Function && /^use[A-Z]/.test(child.name)) return 'Hooks';
      return titles.get(child.kind) ?? 'Types';
    };
    module.children?.sort((a, b) => {
      const [one, other] = [a.name.toLowerCase(), b.name.toLowerCase()];
      return one < other ? -1 : one > other ? 1 : 0;
    });
    module.groups = order.flatMap((title) => {
      const children = (module.children ?? []).filter((child) => titleOf(child) === title);
      if (children.length === 0) return [];
      const found = new ReflectionGroup(title, module);
      found.children = children;
      if (title === named) found.description = [{ kind: 'text', text: 'Not exported: they have a name here alone.' }];
      return [found];
    });
  }
}

function exportedNames(context, module) {
  const symbol = context.getSymbolFromReflection(module);
  return new Set(
    context.programs.flatMap((program) => program.getTypeChecker().getExportsOfModule(symbol)).map(({ name }) => name),
  );
}

/** In its own words: TypeDoc gives a type without any those of the one it extends. */
const isDocumented = (declaration) => ts.getJSDocCommentsAndTags(declaration).length > 0;

function nameUndocumented(context, logger) {
  for (const module of modulesOf(context)) {
    const children = module.children?.filter(({ kind }) => kind !== ReflectionKind.Reference) ?? [];
    if (!module.hasComment())
      logger.warn(`${module.name} has no docstring: begin its file with one that ends in @module`);
    for (const child of children) {
      const declarations = declarationsOf(context, child);
      if (!declarations.some(isDocumented))
        logger.warn(
          `${module.name}: ${child.name} has no docstring`,
          declarations[0] && ts.getNameOfDeclaration(declarations[0]),
        );
    }
  }
}
