/** The child's half of a program: takes one job, reports, and ends with its parent. */

export interface Parent<Report> {
  /** Says that the program is ready for what the parent does next. */
  armed(): void;
  report(report: Report): void;
  /** Resolves when the parent gives its word to begin, or wants the report as it stands. */
  readonly word: Promise<void>;
}

export function serveParent<Job, Report>(
  run: (job: Job, parent: Parent<Report>) => Promise<void>,
): void {
  let give: () => void = () => undefined;
  const word = new Promise<void>((resolve) => (give = resolve));
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: { job?: Job; word?: true }) => {
    if (message.word === true) give();
    if (message.job === undefined) return;
    const parent: Parent<Report> = {
      armed: () => process.send?.({ armed: true }),
      report: (report) => process.send?.({ report }),
      word,
    };
    run(message.job, parent).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  });
}
