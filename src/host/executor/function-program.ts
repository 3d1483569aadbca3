/** A function of an RTFS file as a program that applies it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compile, type Environment, type Program } from '../compile.ts';
import { HostFailure, shown } from '../failure.ts';
import { FUNCTION_ARGUMENTS } from './ports.ts';

export async function loadFunction(environment: Environment, baseDirectory: string, file: string, name: string): Promise<Program> {
  const text = await readFile(path.resolve(baseDirectory, file), 'utf8').catch(() => {
    throw new HostFailure('capability', `the file ${shown(file)} cannot be read`);
  });
  if (/[\s()[\]{}"';`~^@#,\\]/.test(name) || name === '') throw new HostFailure('capability', `${shown(name)} cannot be the name of a function`);
  const { program, diagnostics } = compile(environment, { file, text: `${text}\n(apply ${name} ${FUNCTION_ARGUMENTS})` }, { variables: [FUNCTION_ARGUMENTS] });
  if (program !== null) return program;
  const first = diagnostics.find((one) => one.severity === 'error');
  throw new HostFailure('capability', `${file}: ${first?.message ?? 'it cannot be compiled'}`);
}
