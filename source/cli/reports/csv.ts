import type {StatusDocument} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';

const header = [
	'id',
	'name',
	'group',
	'status',
	'state',
	'message',
	'reason',
	'version_text',
	'latency_ms',
	'since',
] as const;

/** Where hosts are connected; programs that read the other columns need not know. */
const remoteHeader = [...header, 'host'] as const;

/** The nodes of a document as RFC 4180 CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function statusCsv({nodes, at}: StatusDocument): string {
	const names = nodes.some(({host}) => host !== undefined) ? remoteHeader : header;
	// A table of the past says so in every line.
	const past = at === undefined ? [] : [at];
	const lines = nodes.map(node => [...names.map(name => csvCell(node[name])), ...past].join(','));
	return [[...names, ...past.map(() => 'at')].join(','), ...lines].map(line => `${line}\r\n`).join('');
}

/** One cell, quoted where it must be. */
export function csvCell(value: string | number | boolean | undefined): string {
	if (typeof value !== 'string') {
		return value === undefined ? '' : String(value);
	}

	const clean = cleanText(value, 1000);
	const safe = /^[=+\-@]/.test(clean) ? `'${clean}` : clean;
	return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
