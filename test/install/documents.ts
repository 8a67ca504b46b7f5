/** Generators of configurations: JSON with comments and TOML, in every form that people write. */
import fc from 'fast-check';

const word = fc.constantFrom('a', 'b', 'hooks', 'Stop', 'mcpServers', 'x y', 'é', '"q"', 'model');
const comment = fc.constantFrom('', '', '', ' // c', ' /* d, } */');
const scalar = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map(String),
  fc.boolean().map(String),
  fc.constant('null'),
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"// no"', '"[}"', '1.5e3', '"hook claude Stop"'.replace('Stop', 'Stopped')),
);

interface Form {
  readonly lines: boolean;
  readonly trailing: boolean;
  readonly indent: string;
  readonly eol: string;
  readonly comment: string;
}

type Written = (form: Form, indent: string) => string;

/** A container of items, over several lines or in one. */
function container(open: string, close: string, items: readonly Written[], own: string): Written {
  return (form, indent) => {
    const { lines, trailing, eol } = form;
    if (items.length === 0)
      return open + (lines && own !== '' ? `${own}${eol}${indent}` : '') + close;
    const inner = indent + form.indent;
    const texts = items.map((item) => item(form, inner));
    if (!lines) return `${open} ${texts.join(', ')}${trailing ? ',' : ''} ${close}`;
    const end = (index: number) => (index < texts.length - 1 || trailing ? ',' : '');
    const body = texts.map((text, index) => `${inner}${text}${end(index)}${own}${eol}`);
    return `${open}${eol}${body.join('')}${indent}${close}`;
  };
}

const { object } = fc.letrec<{ value: Written; object: Written; array: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar.map(
      (text): Written =>
        () =>
          text,
    ),
    tie('object'),
    tie('array'),
  ),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(word, tie('value')), { maxLength: 4, selector: ([key]) => key }),
      comment,
    )
    .map(([members, own]) =>
      container(
        '{',
        '}',
        members.map(
          ([key, value]): Written =>
            (form, indent) =>
              `${JSON.stringify(key)}: ${value(form, indent)}`,
        ),
        own,
      ),
    ),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), comment)
    .map(([items, own]) => container('[', ']', items, own)),
}));

/** An object with comments, trailing commas, tabs, CRLF; `hooks` and `mcpServers` are what they should be. */
export const jsonDocument: fc.Arbitrary<string> = fc
  .record({
    members: fc.uniqueArray(
      fc.oneof(
        fc.tuple(fc.constantFrom('a', 'b', 'model'), object),
        fc.tuple(fc.constant('mcpServers'), object),
        fc
          .tuple(fc.constantFrom('Stop', 'Other'), fc.array(object, { maxLength: 3 }), comment)
          .map(([event, groups, own]): [string, Written] => [
            'hooks',
            container(
              '{',
              '}',
              [(form, indent) => `"${event}": ${container('[', ']', groups, own)(form, indent)}`],
              own,
            ),
          ]),
      ),
      { maxLength: 4, selector: ([key]) => key },
    ),
    lines: fc.boolean(),
    trailing: fc.boolean(),
    indent: fc.constantFrom('  ', '\t', '    '),
    eol: fc.constantFrom('\n', '\r\n'),
    comment,
    last: fc.constantFrom('', '\n', '\n// the end\n', '\n\n'),
  })
  .map(({ members, last, ...form }) => {
    const items = members.map(
      ([key, value]): Written =>
        (one, indent) =>
          `"${key}": ${value(one, indent)}`,
    );
    const head = form.comment === '' ? '' : `${form.comment.trim()}${form.eol}`;
    return `${head}${container('{', '}', items, form.comment)(form, '')}${last.replaceAll('\n', form.eol)}`;
  });

const tomlLine = fc.constantFrom(
  '# a comment',
  '',
  'n = 1 # one',
  's = "# no comment"',
  "l = '[mcp_servers.waitbus]'",
  'm = """\n[mcp_servers.waitbus]\ncommand = "no"\n"""',
  'a = [ 1, # one\n  2,\n]',
  'd.e.f = 1979-05-27T07:32:00Z',
  'i = { x = 1, y = { z = [] } }',
  '"quoted key" = 0xFF',
);
const tomlTable = fc.constantFrom(
  '[tui]',
  '[mcp_servers]',
  '[mcp_servers.other] # mine',
  '[mcp_servers.other.env]',
  '[ profiles . "a.b" ]',
  '[[list]]',
);
const lines = fc.uniqueArray(tomlLine, { maxLength: 4 });

export const tomlDocument: fc.Arbitrary<string> = fc
  .record({
    root: lines,
    servers: fc.constantFrom(
      '',
      '',
      '',
      'mcp_servers = {}',
      'mcp_servers = { other = { command = "x" } } # in a line',
      'mcp_servers.other.command = "x"',
    ),
    tables: fc.uniqueArray(fc.tuple(tomlTable, lines), { maxLength: 4, selector: ([key]) => key }),
    eol: fc.constantFrom('\n', '\r\n'),
    last: fc.constantFrom('', '\n', '\n\n', '\n# the end'),
  })
  .map(({ root, servers, tables, eol, last }) => {
    const own = tables.filter(([key]) => servers === '' || !key.startsWith('[mcp_servers'));
    const parts = [...root, servers, ...own.flatMap(([key, body]) => ['', key, ...body])];
    return (parts.join('\n').trimStart() + last).replaceAll('\n', eol);
  });
