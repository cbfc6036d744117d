import type {FleetNode} from './fleet.js';

/** A version and how many nodes answered with it. */
export interface VersionCount {
	readonly version_text: string;
	readonly nodes: number;
}

/** The versions in a fleet, the oldest first, of the nodes that answer as wallets do. */
export function versionCounts(nodes: readonly FleetNode[]): readonly VersionCount[] {
	const counts = new Map<string, {version: number; nodes: number}>();
	for (const {result, disabled} of nodes) {
		const details = result?.details;
		if (!disabled && result?.status && details && 'version' in details && details.version !== undefined) {
			const {version, version_text: text = ''} = details;
			counts.set(text, {version, nodes: (counts.get(text)?.nodes ?? 0) + 1});
		}
	}

	return [...counts]
		.sort(([, a], [, b]) => a.version - b.version)
		.map(([text, {nodes: count}]) => ({version_text: text, nodes: count}));
}

/** `versions 1.25 (1), 1.29 (11)`. @returns `undefined` unless they are mixed */
export function mixedVersionsText(nodes: readonly FleetNode[]): string | undefined {
	const counts = versionCounts(nodes);
	return counts.length > 1
		? `versions ${counts.map(({version_text: text, nodes: count}) => `${text} (${count})`).join(', ')}`
		: undefined;
}
