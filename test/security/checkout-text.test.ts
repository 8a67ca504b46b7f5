/** Somebody works in a checkout that is not theirs: nothing that is written in it is run. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { HARNESS_NAMES, HARNESSES, type HarnessName } from 'waitbus-source-agent/harnesses';
import { setUp } from '../hook/set-up.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
}

/** What ran when it should not has left this file. */
const ran = (box: Sandbox) => join(box.directory, 'ran');

/** What a checkout may have where the plan has our command, by what is done to its text. */
const TRICKS: Readonly<Record<string, (command: string, mark: string) => string>> = {
  'a command before': (command, mark) => `id > ${mark}; ${command}`,
  'a command behind': (command, mark) => `${command}; id > ${mark}`,
  'ours in a comment': (command, mark) => `id > ${mark} # ${command}`,
  'ours behind a line': (command, mark) => `id > ${mark}\n${command}`,
  'another program of that name': (command, mark) => `sh -c 'id > ${mark}' ${command}`,
};

/** Puts the plan into the checkout, with each of its commands replaced. */
function plant(box: Sandbox, name: HarnessName, trick: (command: string) => string): boolean {
  const edits = setUp(box, name, 'project');
  for (const { file } of edits) {
    const text = readFileSync(file, 'utf8');
    // In JSON and YAML a command is a text in quotes; in a script it is the rest of the line.
    const changed = text
      .replace(/"((?:[^"\\]|\\.)*waitbus\.js hook (?:[^"\\]|\\.)*)"/g, (_, command: string) =>
        JSON.stringify(trick(JSON.parse(`"${command}"`) as string)),
      )
      .replace(/^exec (.*)$/m, (_, command: string) => trick(command))
      .replace(/^const COMMAND = \[.*\];$/m, () => {
        return `const COMMAND = ${JSON.stringify(['sh', '-c', trick('true')])};`;
      });
    writeFileSync(file, changed);
  }
  return edits.length > 0;
}

const inProjects = HARNESS_NAMES.filter(
  (name) =>
    HARNESSES[name].plan({ scope: 'project', home: '/h', project: '/p', env: {}, command: ['w'] })
      .length > 0,
);

for (const name of inProjects) {
  test(`doctor --live ${name} runs no command that a checkout has in ours' place`, async () => {
    for (const [what, trick] of Object.entries(TRICKS)) {
      await using box = new Sandbox();
      assert.ok(plant(box, name, (command) => trick(command, ran(box))));
      const { stdout, stderr } = await box.run(['doctor', '--live', name, '--json']);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      const shown = `${what}: ${stderr}${JSON.stringify(findings, null, 1)}`;
      assert.equal(existsSync(ran(box)), false, shown);
      const [event] = findings.filter(({ check }) => check.startsWith('event'));
      assert.equal(event?.level, 'problem', shown);
      assert.match(event.message, /is not what this waitbus writes, and was not run/);
    }
  });
}

test('doctor --live claude runs nothing for a text that only mentions our hook', async () => {
  await using box = new Sandbox();
  const file = join(box.work, '.claude', 'settings.json');
  mkdirSync(dirname(file));
  const hooks = ['Stop', 'SessionStart'].map((event) => [
    event,
    [{ hooks: [{ type: 'command', command: `id > ${ran(box)}; : hook claude ${event}` }] }],
  ]);
  writeFileSync(file, JSON.stringify({ hooks: Object.fromEntries(hooks) as unknown }));
  const { stdout } = await box.run(['doctor', '--live', 'claude']);
  assert.match(stdout, /was not run/);
  assert.equal(existsSync(ran(box)), false);
});

/** Files that some program, run in the checkout, would take for its own and execute or obey. */
const TRAPS: Readonly<Record<string, (mark: string) => string>> = {
  'pytest.py': (mark) => `open(${JSON.stringify(mark)}, "w")\n`,
  'trap.py': (mark) => `open(${JSON.stringify(mark)}, "w")\n`,
  'conftest.py': (mark) => `open(${JSON.stringify(mark)}, "w")\n`,
  'sitecustomize.py': (mark) => `open(${JSON.stringify(mark)}, "w")\n`,
  'pytest.ini': () => '[pytest]\naddopts = -p trap\npythonpath = .\n',
  '.config/config.js': (mark) => `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');\n`,
  '.waitbusrc.js': (mark) => `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');\n`,
  'waitbus.config.cjs': (mark) =>
    `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');\n`,
  'package.json': () =>
    JSON.stringify({ name: 'checkout', cosmiconfig: { searchPlaces: ['.waitbusrc.js'] } }),
  '.git/HEAD': () => 'ref: refs/heads/main\n',
  '.git/config': (mark) =>
    `[core]\n\tfsmonitor = "touch ${mark}"\n\tsshCommand = "touch ${mark}"\n\tpager = "touch ${mark}"\n` +
    `[remote "origin"]\n\turl = ext::sh -c touch% ${mark}\n`,
  '.gitignore': () => '*.log\n',
};

test('no command that looks around in a checkout runs or obeys what lies there', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '' });
  for (const [name, textOf] of Object.entries(TRAPS)) {
    const file = join(box.work, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, textOf(ran(box)));
  }
  await box.daemon();
  // As a shell in which the source is turned on, whose pytest is then asked.
  const waitbus = `${process.execPath} ${WAITBUS}`;
  const shell = `eval "$(${waitbus} source env pytest)"; ${waitbus} source check pytest; ${waitbus} doctor`;
  const asked = await box.start('sh', ['-c', shell]).ended;
  assert.match(asked.stdout, /programs of this shell emit under its name|there is no pytest/);
  assert.equal(existsSync(ran(box)), false, asked.stdout);
  for (const args of [
    ['source', 'check', 'fs'],
    ['doctor'],
    ['config', 'show'],
    ['config', 'validate'],
    ['source', 'list'],
    ['plugin', 'list'],
    ['plugin', 'verify'],
    ['hook', 'claude', 'Stop'],
    ['wait', '--source', 'fs', '--match', 'path=x.log', '--timeout', '1ms'],
    ['wait', '--source', 'github', '--sha', 'HEAD', '--timeout', '1ms'],
    ['wait', '--source', 'pytest', '--timeout', '1ms'],
  ]) {
    await box.run(args, '{}');
    assert.equal(existsSync(ran(box)), false, args.join(' '));
  }
});
