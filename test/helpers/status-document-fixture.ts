import type {NodeReport, StatusDocument} from '../../source/domain/status-document.js';

/** A status document of the `api` method that lists these nodes. */
export function statusDocumentFixture(...nodes: readonly NodeReport[]): StatusDocument {
	const working = nodes.filter(({status}) => status).length;
	return {
		schema_version: 1,
		method: 'api',
		checked_at: '2026-11-23T20:00:00.000Z',
		duration_ms: 1,
		total: nodes.length,
		working,
		failed: nodes.length - working,
		nodes,
	};
}
