/** What goes to and fro between clients, workers and the server, as JSON; bytes are base64. */
export interface StartRequest {
  readonly input: string;
  readonly written: Readonly<Record<string, string>>;
}

export interface TellRequest {
  readonly bytes: string;
}

export interface Listening {
  readonly number: number;
  readonly awakeable: string;
}

export interface WriteRequest {
  readonly name: string;
  readonly bytes: string;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
