/** QuickJS as an engine for the scripts: a second implementation of the language, without a just-in-time compiler. */
import { newQuickJSWASMModule, type QuickJSContext, RELEASE_SYNC } from 'quickjs-emscripten';

/** Of the native stack. What recurses with the depth of a program's data would not fit. */
const STACK_BYTES = 512 * 1024;

export interface Engine {
  /** The result of the script as text. */
  readonly run: (script: string) => string;
  readonly close: () => void;
}

export async function openQuickJs(): Promise<Engine> {
  const module = await newQuickJSWASMModule(RELEASE_SYNC);
  const runtime = module.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();
  return {
    run: (script) => evaluate(context, script),
    close: () => {
      context.dispose();
      runtime.dispose();
    },
  };
}

function evaluate(context: QuickJSContext, script: string): string {
  const result = context.evalCode(script);
  if (result.error !== undefined) {
    const shown = JSON.stringify(context.dump(result.error));
    result.error.dispose();
    throw new Error(`QuickJS: ${shown}`);
  }
  const text = String(context.dump(result.value));
  result.value.dispose();
  return text;
}
