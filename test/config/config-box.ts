/** A workspace with a configuration of its own, and sources for the tests of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workspace } from '../host/installation.js';
import type { Ended, Sandbox } from '../support/sandbox.js';

export class ConfigBox {
  readonly workspace: Workspace;
  readonly box: Sandbox;

  constructor(box: Sandbox) {
    this.box = box;
    this.workspace = new Workspace(box);
  }

  file(name = 'config.yaml'): string {
    return join(this.box.paths.configDir, name);
  }

  write(text: string, name = 'config.yaml'): void {
    mkdirSync(this.box.paths.configDir, { recursive: true });
    writeFileSync(this.file(name), text);
  }

  read(name = 'config.yaml'): string {
    return readFileSync(this.file(name), 'utf8');
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.workspace.run(...args).ended;
  }

  /** A source that is ready at once, checks its section with zod, and logs it. */
  source(name: string, entry: object = {}, body = 'ctx.ready();'): void {
    const code = `import { z } from 'zod';
export default {
  name: '${name}',
  config: z.strictObject({ port: z.number().default(1), labels: z.array(z.string()).optional() }),
  async start(ctx) {
    ctx.log.info('${name} runs', { config: ctx.config });
    ${body}
  },
};
`;
    const fsRead = ['*'];
    this.workspace.plugin(name, `waitbus-source-${name}`, name, code, { fsRead }, entry);
  }
}
