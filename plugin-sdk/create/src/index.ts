/** What `npm create waitbus-source` and `waitbus plugin new` have in common. */
export { createSource, CreateError, type Created, type CreateOptions } from './create-source.js';
export { problemOfName, RESERVED_NAMES, SOURCE_NAME } from './name.js';
export { runCreate, usageOf, type Output, type Surroundings } from './run-create.js';
