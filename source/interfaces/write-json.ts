/** Writes exactly one JSON document, indented for people where a person reads it. */
export function writeJson(stream: NodeJS.WriteStream, document: unknown): void {
	stream.write(`${JSON.stringify(document, undefined, stream.isTTY ? 2 : undefined)}\n`);
}
