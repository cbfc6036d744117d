/** The few ASN.1 types a certificate is written in, in DER. */

/** One element: tag, length, content. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
	const content = Buffer.concat(contents);
	return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

/** SEQUENCE. */
export function sequence(...items: readonly Uint8Array[]): Buffer {
	return element(0x30, ...items);
}

/** SET, of one item (more would have to be sorted). */
export function setOf(item: Uint8Array): Buffer {
	return element(0x31, item);
}

/** A positive INTEGER from its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
	const isNegative = (bytes[0] ?? 0) > 0x7f;
	return element(0x02, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** BOOLEAN TRUE. */
export const booleanTrue: Uint8Array = element(0x01, Buffer.from([0xff]));

/** OBJECT IDENTIFIER, from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
	const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
	return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
	return element(0x0c, Buffer.from(text));
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Buffer {
	return element(0x04, content);
}

/** BIT STRING of whole bytes. */
export function bitString(content: Uint8Array): Buffer {
	return element(0x03, Buffer.from([0]), content);
}

/** A point in time, as certificates want it: UTCTime through 2049, GeneralizedTime after. */
export function time(atMs: number): Buffer {
	const digits = new Date(atMs).toISOString().replace(/\.\d+|[-:T]/g, '');
	return digits < '2050' ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

function lengthBytes(length: number): number[] {
	if (length < 0x80) {
		return [length];
	}

	return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function base128(value: number): number[] {
	const bytes = [value & 0x7f];
	for (let rest = value >> 7; rest > 0; rest >>= 7) {
		bytes.unshift((rest & 0x7f) | 0x80);
	}

	return bytes;
}
