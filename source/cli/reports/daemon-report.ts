import {schemaVersion} from '../../domain/check-method.js';
import {type DaemonReport, daemonFactLines, daemonReasonText} from '../../domain/daemon-report.js';
import type {FinishedCheck} from '../../domain/fleet.js';
import {ageText} from '../../domain/format.js';
import {type State, stateWords} from '../../domain/state.js';
import {statusDocumentHead} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';
import {colorLine} from '../output.js';
import type {TextTableOptions} from './text-table.js';

/** The document of `status --daemons --json`. */
export interface DaemonsDocument {
	readonly schema_version: number;
	/** ISO-8601 UTC. */
	readonly checked_at: string;
	readonly duration_ms: number;
	readonly total: number;
	readonly working: number;
	readonly failed: number;
	readonly daemons: readonly DaemonReport[];
}

/**
 * Makes the document of `status --daemons --json`.
 * @param listed the daemons to list; the totals count all daemons
 */
export function daemonsDocument(
	finished: FinishedCheck,
	daemons: readonly DaemonReport[],
	listed: readonly DaemonReport[] = daemons,
): DaemonsDocument {
	const {method: _, ...head} = statusDocumentHead(finished, daemons);
	return {...head, schema_version: schemaVersion, daemons: listed};
}

/** The daemons as text: for each a line with its state, then its details and its nodes. */
export function daemonsText(
	daemons: readonly DaemonReport[],
	{ascii, color, nowMs}: Pick<TextTableOptions, 'ascii' | 'color' | 'nowMs'>,
): string {
	const glyph = (state: State): string => `${stateWords[state][ascii ? 'ascii' : 'glyph']} ${state}`;
	const since = (at: string | undefined): string =>
		at === undefined ? '' : ` for ${ageText(Math.max(0, nowMs - Date.parse(at)))}`;
	return daemons
		.map(report => {
			const {daemon, state, nodes} = report;
			const reason = report.reason === undefined ? '' : `: ${cleanText(daemonReasonText(report))}`;
			const lines = [
				colorLine(`${glyph(state)}  ${daemon}${since(report.since)}${reason}`, state, color),
				...daemonFactLines(report, nowMs).map(([subject, text]) => `  ${subject.padEnd(8)} ${cleanText(text)}`),
				...nodes.map((node, index) => {
					const why = node.reason === undefined ? '' : `: ${cleanText(node.reason)}`;
					const line = `${glyph(node.state)}  ${node.name}${since(node.since)}${why}`;
					return `  ${(index === 0 ? 'nodes' : '').padEnd(8)} ${colorLine(line, node.state, color)}`;
				}),
			];
			return `${lines.join('\n')}\n`;
		})
		.join('\n');
}
