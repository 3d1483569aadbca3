/**
 * The manifests of the capabilities that the host brings itself. They read their arguments on their own, with better messages than a type
 * could give: the types here are for people and for tools.
 */
import {
  BOOL, enumType, INT, KEYWORD, MAP, mapType, NIL, NUMBER, optionalType, resourceType, STRING, TIMESTAMP, tupleType, type TypeEntry, unionType, UUID, vectorType, ANY,
} from '../../ir/type.ts';
import { keyword, type Value } from '../../value/value.ts';
import type { Capability } from '../port.ts';
import { type Manifest, UNDECLARED } from './manifest.ts';

interface Declaration {
  readonly effects: readonly string[];
  /** Null where any values go. */
  readonly input: Value;
  readonly output: Value;
}

/** The capability with its manifest; as it is when it is none of the house. */
export function withHouseManifest(capability: Capability): Capability {
  const declared = DECLARED.get(capability.id);
  if (declared === undefined) return capability;
  const { id, summary, determinism, tags = [] } = capability;
  const manifest: Manifest = { ...UNDECLARED, provider: 'house', id, summary, determinism, tags, ...declared };
  return { ...capability, manifest };
}

/** Arguments, the last ones of which may be left out. */
function args(required: readonly Value[], ...optional: readonly Value[]): Value {
  return unionType(Array.from({ length: optional.length + 1 }, (_, count) => tupleType([...required, ...optional.slice(0, count)])));
}

/** A map all of whose keys may be left out. */
function options(entries: Readonly<Record<string, Value>>): Value {
  return mapType(Object.entries(entries).map(([name, type]): TypeEntry => ({ key: keyword(name), type: optionalType(type), optional: true })), null);
}

function record(entries: Readonly<Record<string, Value>>): Value {
  return mapType(Object.entries(entries).map(([name, type]): TypeEntry => ({ key: keyword(name), type, optional: false })), null);
}

function words(...names: readonly string[]): Value {
  return enumType(names.map((name) => keyword(name)));
}

const NOTHING = args([]);
const ENCODING = words('utf-8', 'latin1', 'base64');
const SWITCHES = { 'headers': MAP, 'as': words('text', 'json', 'base64'), 'timeout-ms': INT, 'max-bytes': INT, 'follow-redirects': BOOL };
const HTTP_ANSWER = record({ status: INT, headers: MAP, body: ANY, url: STRING });
const WRITING = options({ 'encoding': ENCODING, 'create-dirs': BOOL });

const DECLARED: ReadonlyMap<string, Declaration> = new Map<string, Declaration>([
  ['io.print', { effects: ['ui'], input: null, output: NIL }],
  ['io.println', { effects: ['ui'], input: null, output: NIL }],
  ['io.log', { effects: ['ui'], input: null, output: NIL }],
  ['fs.read', { effects: ['fs'], input: args([STRING], options({ 'encoding': ENCODING, 'max-bytes': INT })), output: STRING }],
  ['fs.write', { effects: ['fs'], input: args([STRING, STRING], WRITING), output: NIL }],
  ['fs.append', { effects: ['fs'], input: args([STRING, STRING], WRITING), output: NIL }],
  ['fs.list', { effects: ['fs'], input: args([STRING], options({ details: BOOL })), output: vectorType(unionType([STRING, MAP])) }],
  ['fs.exists', { effects: ['fs'], input: args([STRING]), output: BOOL }],
  ['fs.delete', { effects: ['fs'], input: args([STRING]), output: BOOL }],
  ['http.request', { effects: ['network'], input: null, output: HTTP_ANSWER }],
  ['http.get', { effects: ['network'], input: args([STRING], options(SWITCHES)), output: HTTP_ANSWER }],
  ['time.now', { effects: ['clock'], input: NOTHING, output: TIMESTAMP }],
  ['time.millis', { effects: ['clock'], input: NOTHING, output: INT }],
  ['time.sleep', { effects: ['clock'], input: args([INT]), output: NIL }],
  ['step.sleep', { effects: ['clock'], input: args([INT]), output: NIL }],
  ['step.deadline', { effects: ['clock'], input: args([INT]), output: NIL }],
  ['step.checkpoint', { effects: [], input: args([unionType([KEYWORD, STRING])]), output: NIL }],
  ['random.int', { effects: ['random'], input: args([INT, INT]), output: INT }],
  ['random.float', { effects: ['random'], input: NOTHING, output: NUMBER }],
  ['uuid.new', { effects: ['random'], input: NOTHING, output: UUID }],
  ['env.get', { effects: ['env'], input: args([STRING], ANY), output: ANY }],
  ['secret.get', { effects: ['env'], input: args([STRING]), output: resourceType('secret') }],
  ['user.ask', { effects: ['ui'], input: args([STRING]), output: STRING }],
  ['model.complete', { effects: ['network'], input: null, output: record({ 'text': STRING, 'model': STRING, 'finish-reason': optionalType(STRING), 'usage': MAP }) }],
  ['step.delegate', { effects: ['ui'], input: args([MAP]), output: ANY }],
]);
