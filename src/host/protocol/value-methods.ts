/** Methods about values: what they look like as JSON, as text of the language, as canonical bytes. */
import { readValue } from '../../parser/datum.ts';
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { bytesToHex, hexToBytes } from '../../value/hex.ts';
import { hashValue } from '../../value/hash.ts';
import { quoteJson } from '../../value/json-write.ts';
import { printBrief } from '../../value/print.ts';
import type { Value } from '../../value/value.ts';
import { diagnosticsText, valueText } from './outcome.ts';
import type { Params } from './params.ts';
import type { Given, Service } from './protocol.ts';
import { arrayText, objectText, RPC_CODES, RpcError } from './rpc.ts';

/** From `json` or from `text` of the language to bytes. */
export function encodeMethod(params: Params, service: Service): Given {
  return shown(params.objects('values', ['json', 'text']).map((one) => {
    if (one.has('text')) return fromText(one.text('text'));
    return one.value('json');
  }), service);
}

/** From bytes, as hexadecimal digits. */
export function decodeMethod(params: Params, service: Service): Given {
  return shown(params.texts('values').map((text, at) => {
    const bytes = hexToBytes(text);
    if (bytes === null) return params.refuse(`values[${at}]`, 'must be hexadecimal digits');
    const value = decodeValue(bytes);
    return value.ok ? value.value : params.refuse(`values[${at}]`, `is no value: ${value.error.message} at byte ${value.error.offset}`);
  }), service);
}

function fromText(text: string): Value {
  const file = 'value';
  const value = readValue(text, file);
  if (value.ok) return value.value;
  throw new RpcError(RPC_CODES.params, 'Invalid params: the text is no value', objectText({ diagnostics: diagnosticsText(value.error, (one) => (one === file ? text : null)) }));
}

function shown(values: readonly Value[], service: Service): Given {
  const { messageMax } = service;
  const each = values.map((value) => objectText({
    json: valueText(value, { maxLength: messageMax }),
    text: quoteJson(printBrief(value, messageMax)),
    bytes: quoteJson(bytesToHex(encodeValue(value))),
    hash: quoteJson(hashValue(value)),
  }));
  return { result: { values: arrayText(each) } };
}
