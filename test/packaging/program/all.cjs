// The doors by `require`: ES modules without waiting at the top can be loaded so.
const { compile, createEnvironment, createRe2Engine, LIBRARY_IMAGE_TEXT } = require('rtfs');
const { functionHost, run } = require('rtfs/host');
const { openHost } = require('rtfs/host/node');
const { CodeTable } = require('rtfs/kernel');

const environment = createEnvironment(JSON.parse(LIBRARY_IMAGE_TEXT), createRe2Engine());
const { program } = compile(environment, { file: 'plan.rtfs', text: '(+ 1 (call :one))' });
run(program, functionHost({ one: () => 1 })).then(({ value }) => console.log(value, typeof openHost, program.table instanceof CodeTable));
