/** The sources that are measured, one file each, in the order of the table. */
import type { Subject } from './subject.js';
import { agent } from './subjects/agent.js';
import { alertmanager } from './subjects/alertmanager.js';
import { docker } from './subjects/docker.js';
import { fs } from './subjects/fs.js';
import { github } from './subjects/github.js';
import { pytest } from './subjects/pytest.js';

export const SUBJECTS: readonly Subject[] = [fs, pytest, docker, agent, github, alertmanager];
