import * as v from 'valibot';
import {schemaVersion} from '../../domain/check-method.js';
import {isObject} from '../../domain/schemas.js';
import {jsonSyntaxErrorText} from './json-position.js';

/** Why the text of a file that xmrtop keeps for itself is not taken over. */
export type UnreadableDocument =
	| {readonly kind: 'corrupt'; readonly reason: string}
	/** A later version of xmrtop wrote it. */
	| {readonly kind: 'newer'};

/** Reads the text of a file that xmrtop keeps for itself. @param schema what this version writes */
export function readStateDocument<Schema extends v.GenericSchema>(
	text: string,
	schema: Schema,
): {readonly kind: 'read'; readonly document: v.InferInput<Schema>} | UnreadableDocument {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return {kind: 'corrupt', reason: `not valid JSON: ${jsonSyntaxErrorText(text)}`};
	}

	const version = isObject(document) ? document.schema_version : undefined;
	if (typeof version === 'number' && version > schemaVersion) {
		return {kind: 'newer'};
	}

	return v.is(schema, document) ? {kind: 'read', document} : {kind: 'corrupt', reason: 'unexpected structure'};
}
