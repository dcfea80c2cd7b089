// How the pages look: what TypeDoc's Markdown has, with less around it.
import { posix } from 'node:path';
import { ReflectionKind } from 'typedoc';
import { aliases } from './model.mjs';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.defineTheme('switchback', Theme);
}

class Theme extends MarkdownTheme {
  getRenderContext(page) {
    return new Pages(this, page, this.application.options);
  }
}

const join = (...parts) => parts.filter(Boolean).join('\n\n');

/** Code whose lines are indented by what is open before them. */
function indented(code) {
  let depth = 0;
  return code.replaceAll(/^(?!```)[ \t]*(.*)$/gm, (_, line) => {
    const text = line.replaceAll('=>', '');
    const change = text.replaceAll(/[^([{<]/g, '').length - text.replaceAll(/[^)\]}>]/g, '').length;
    const indent = '  '.repeat(Math.max(0, /^[)\]}>]/.test(line) ? depth - 1 : depth));
    depth += Math.sign(change);
    return indent + line;
  });
}

const importedAs = ({ name }) => (name === 'react-switchback' ? name : `react-switchback/${name}`);

class Pages extends MarkdownThemeContext {
  given = this.partials;

  templates = {
    ...this.templates,
    reflection: ({ model }) => {
      const page = model.kind === ReflectionKind.Project ? this.#index(model) : this.#module(model);
      // Nothing links to a row of a table.
      return `${page
        .replaceAll(/(?<=^\| )<a id="[^"]*"><\/a> /gm, '')
        .replaceAll(/ +$/gm, '')
        .trimEnd()}\n`;
    },
  };

  partials = {
    ...this.given,
    declaration: (model, options) => (aliases.has(model) ? this.#alias(model) : this.given.declaration(model, options)),
    declarationTitle: (model) => (model.groups ? '' : this.given.declarationTitle(model)),
    comment: (model, options) => this.#comment(model, options),
    inheritance: () => '',
    memberContainer: (model, options) => this.#anchor(model) + this.given.memberContainer(model, options),
    propertiesTable: (model, options) =>
      this.given.propertiesTable(model, options).replaceAll('| `undefined` |', '| - |'),
    signature: (model, options) => this.#signature(model, options),
    signatureTitle: (model, options) => indented(this.given.signatureTitle(model, options)),
    signatureReturns: (model, options) => this.#returns(model, options),
  };

  #index({ children }) {
    const first = ({ name }) => (name === 'react-switchback' ? 0 : 1);
    const rows = children
      .toSorted((a, b) => first(a) - first(b))
      .map((module) => {
        const [what = ''] = this.helpers.getCommentParts(module.comment?.summary ?? []).split('\n\n');
        return `| [\`${importedAs(module)}\`](${this.urlTo(module)}) | ${what.replaceAll('\n', ' ')} |`;
      });
    return join(
      '# API reference',
      'What can be imported, and from where. Written by `npm run docs:reference` from the docstrings in `src`: edit those.',
      ['| import from | |', '| --- | --- |', ...rows].join('\n'),
    );
  }

  #module(module) {
    // A line for each, so that a new one changes no other.
    const links = (children) => children.map((child) => `\n  [${this.#name(child)}](${this.urlTo(child)})`).join(',');
    const targets = (children) => children.map((child) => child.getTargetReflectionDeep());
    const groups = module.groups ?? [];
    const references = groups.find(({ title }) => title === 'References');
    module.groups = groups.filter((group) => group !== references);
    const contents = module.groups.map(({ title, children }) => `- ${title}:${links(children)}`);
    if (references) contents.push(`- Also exported here:${links(targets(references.children))}`);
    return join(
      `[API reference](${posix.relative(posix.dirname(this.page.url), 'README.md')})`,
      `# ${importedAs(module)}`,
      module.comment && this.partials.comment(module.comment),
      contents.join('\n'),
      this.partials.groups(module, { headingLevel: 2, kind: module.kind }),
    );
  }

  /** Code hosts number headings that are alike in another way than links here do. */
  #anchor(model) {
    if (model.parent.kind !== ReflectionKind.Module) return '';
    const anchor = this.router.getAnchor(model);
    return anchor === model.name.toLowerCase() ? '' : `<a id="${anchor}"></a>\n\n`;
  }

  #name = (reflection) => reflection.name.replaceAll('_', '\\_');

  /** As it is written, with the docstrings inside. */
  #alias(model) {
    const { text, named } = aliases.get(model);
    const links = named
      .filter((one) => this.router.hasUrl(one))
      .map((one) => `[${this.#name(one)}](${this.urlTo(one)})`);
    return join(
      `\`\`\`ts\n${text}\n\`\`\``,
      model.comment && this.partials.comment(model.comment, { showTags: false }),
      links.length > 0 && `Uses ${links.join(', ')}.`,
      model.comment && this.partials.comment(model.comment, { showSummary: false }),
    );
  }

  /** Tags in the line that they begin, with links to documents and errors. */
  #comment(model, options) {
    const up = posix.relative(posix.dirname(this.page.url), '..');
    const classes = this.page.project.getReflectionsByKind(ReflectionKind.Class);
    return this.given
      .comment(model, { ...options, headingLevel: undefined })
      .replaceAll(/^\*\*(\w+)\*\*\n+(?!```)/gm, '**$1**: ')
      .replaceAll(/(?<=^\*\*(?:See|Source)\*\*: .*)docs\/([\w-]+\.md)/gm, (path, name) => `[${path}](${up}/${name})`)
      .replaceAll(/(?<=^\*\*Throws\*\*: .*)\w+Error\b/gm, (name) => {
        const thrown = classes.find((one) => one.name === name);
        return thrown ? `[${name}](${this.urlTo(thrown)})` : name;
      });
  }

  #signature(model, options) {
    // An interface that can be called has said its own above.
    const isOwn = options.multipleSignatures || model.parent.kind === ReflectionKind.Interface;
    const comment = isOwn ? model.comment : (model.comment ?? model.parent?.comment);
    const { typeParameters = [], parameters = [] } = model;
    return join(
      !options.hideTitle && this.partials.signatureTitle(model, { accessor: options.accessor }),
      comment && this.partials.comment(comment, { showTags: false }),
      typeParameters.some((one) => one.comment) && this.partials.typeParametersTable(typeParameters),
      parameters.length > 0 && this.partials.parametersTable(parameters),
      model.type && this.partials.signatureReturns(model, options),
      comment && this.partials.comment(comment, { showSummary: false }),
    );
  }

  #returns(model, options) {
    const { content } = model.comment?.getTag('@returns') ?? {};
    const members = model.type.declaration?.children;
    const isNothing = model.type.type === 'intrinsic' && model.type.name === 'void';
    if (isNothing && !content) return '';
    const type = members ? '' : this.partials.someType(model.type);
    const text = content ? this.helpers.getCommentParts(content) : '';
    return join(
      `**Returns** ${[type, text].filter(Boolean).join(': ')}`,
      members && this.partials.typeDeclaration(model.type.declaration, options),
    );
  }
}
