// docs/API.md from the types and comments of src/: TypeDoc reads them, its Markdown plugin writes them, and the theme here
// keeps to what a reader looks for: signature, meaning, errors. A public type that the page leaves out is an error.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

/** What package.json exports, as it is imported: the file that it is made from, and what a reader should know first. */
const ENTRIES = {
  pronghorn: {
    file: 'src/index.ts',
    // Types that stand behind others and would only repeat them.
    first: [
      'createServer()',
      'Server',
      'ServerEvents',
      'Request',
      'RequestHeaders',
      'ResponseInit',
      'ResponseStart',
    ],
    behind: ['Launch', 'OptionName', 'Options', 'RawInlet', 'Table', 'ValueOf'],
    about: `Examples are in [GUIDE.md](GUIDE.md), options in [CONFIGURATION.md](CONFIGURATION.md), error codes in
[ERRORS.md](ERRORS.md).`,
  },
  'pronghorn/http': {
    file: 'src/node-server/index.ts',
    first: [],
    behind: [],
    about: `Everything that \`node:http\` exports, under the same names and as its default export too, with these in place of
its own. [FRAMEWORKS.md](FRAMEWORKS.md) has what differs.`,
  },
  'pronghorn/https': {
    file: 'src/node-server/https.ts',
    first: [],
    behind: [],
    about: `The same for \`node:https\`.`,
  },
};

const OPTIONS = {
  tsconfig: 'tsconfig.json',
  // tsc does that.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  disableSources: true,
  // What is public is documented, in words.
  validation: { notExported: true, notDocumented: true, invalidLink: true },
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Property', 'Method', 'Accessor'],
  readme: 'none',
  sort: ['source-order'],
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
  plugin: ['typedoc-plugin-markdown'],
  theme: 'brief',
  outputFileStrategy: 'modules',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  hidePageTitle: true,
  hideGroupHeadings: true,
  useCodeBlocks: true,
  expandParameters: true,
  classPropertiesFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  tableColumnSettings: { hideDefaults: true, hideInherited: true, hideModifiers: true, hideOverrides: true },
};

/** Comments are written for editors, where neither codes nor paths need a mark. */
function marked(text) {
  return text
    .replaceAll(/(?<!`)\bERR_PRONGHORN_[A-Z0-9_]*(?:[A-Z0-9]|_\*)/g, '`$&`')
    .replaceAll(/\bdocs\/([A-Z_]+\.md)/g, '[$1]($1)');
}

function contentOf(context, tag) {
  return marked(context.helpers.getCommentParts(tag.content)).trim();
}

/** What a comment says below its first words. */
function tagsOf(context, comment) {
  const line = (name, tag) => (tag ? [`${name}: ${contentOf(context, tag)}`] : []);
  return [...line('Returns', comment?.getTag('@returns')), ...line('Throws', comment?.getTag('@throws'))];
}

/** `keyof` a table has no name of its own any more. */
function isErrorCode({ types }) {
  return types.length > 1 && types.every(({ value }) => `${value}`.startsWith('ERR_PRONGHORN_'));
}

class Brief extends MarkdownThemeContext {
  constructor(...words) {
    super(...words);
    const { partials } = this;
    this.partials = {
      ...partials,
      inheritance: () => '',
      hierarchy: () => '',
      comment: (comment, { showSummary = true, showTags = true }) =>
        [
          ...(showSummary ? [marked(this.helpers.getCommentParts(comment.summary))] : []),
          ...(showTags ? tagsOf(this, comment) : []),
        ].join('\n\n'),
      signature: (signature, { hideTitle, accessor, multipleSignatures }) => {
        const comment = signature.comment ?? (multipleSignatures ? undefined : signature.parent?.comment);
        const documented = (signature.parameters ?? []).filter((parameter) => parameter.comment);
        return [
          hideTitle ? '' : partials.signatureTitle.call(this, signature, { accessor }),
          comment ? marked(this.helpers.getCommentParts(comment.summary)) : '',
          documented
            .map(
              ({ name, comment: said }) =>
                `- \`${name}\`: ${marked(this.helpers.getCommentParts(said.summary))}`,
            )
            .join('\n'),
          ...tagsOf(this, comment),
        ]
          .filter((part) => part !== '')
          .join('\n\n');
      },
      accessor: ({ getSignature }) => this.partials.signature(getSignature, { accessor: 'get' }),
      unionType: (union, ...rest) =>
        isErrorCode(union) ? '[`ErrorCode`](#errorcode)' : partials.unionType.call(this, union, ...rest),
    };
  }
}

class BriefTheme extends MarkdownTheme {
  getRenderContext(page) {
    return new Brief(this, page, this.application.options);
  }
}

async function pageOf(entry, behind) {
  // Named, because TypeDoc empties the folder that it writes to, and by default that is docs/.
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-api-'));
  const outputs = [{ name: 'markdown', path: folder }];
  const app = await Application.bootstrapWithPlugins({
    ...OPTIONS,
    entryPoints: [entry],
    intentionallyNotExported: behind,
    outputs,
    logLevel: 'Warn',
  });
  app.renderer.defineTheme('brief', BriefTheme);
  try {
    const project = await app.convert();
    if (project) app.validate(project);
    if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) {
      throw new Error(`${entry} cannot be documented, for the reasons above`);
    }
    await app.generateOutputs(project);
    return readFileSync(join(folder, 'README.md'), 'utf8').trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const RULE = '\n\n***\n\n';
const titleOf = (section) => /^## (\S+)$/m.exec(section)[1];

/** What nearly everybody looks for stands first. */
function inOrder(page, first) {
  const sections = page.split(RULE);
  const rank = (section) => first.indexOf(titleOf(section)) + 1 || first.length + 1;
  return sections.sort((a, b) => rank(a) - rank(b));
}

/** @param used titles of what stands before on the page: a second heading of a name gets a number in its address */
function contentsOf(sections, used) {
  const links = sections.map(titleOf).map((title) => {
    const anchor = title.toLowerCase().replaceAll(/[^\w-]/g, '');
    const before = used.filter((other) => other === title).length;
    return `[${title}](#${anchor}${before > 0 ? `-${before}` : ''})`;
  });
  return links.join(' ·\n');
}

function checkEntries() {
  const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const modules = Object.keys(exports).filter((path) => !path.endsWith('.json'));
  const wanted = modules.map((path) => path.replace('.', name)).sort();
  if (Object.keys(ENTRIES).sort().join() !== wanted.join()) {
    throw new Error(`scripts/api-page.mjs describes ${Object.keys(ENTRIES)}, package.json exports ${wanted}`);
  }
}

/** @param note the line that says where the page comes from */
export async function apiPage(note) {
  checkEntries();
  const parts = [];
  const titles = [];
  for (const [name, { file, first, behind, about }] of Object.entries(ENTRIES)) {
    const sections = inOrder(await pageOf(file, behind), first);
    parts.push(`# ${name}\n\n${about}\n\n${contentsOf(sections, titles)}\n\n${sections.join(RULE)}\n`);
    titles.push(...sections.map(titleOf));
  }
  return `${note}\n\n${parts.join('\n')}`;
}
