/** Stands for the conformance files: the bundler puts their text here. */
export const CORPUS: readonly { readonly name: string; readonly text: string }[] = [];
